"""Questions about requests, and what requester, source entity and service desk do with them."""

from collections.abc import Awaitable, Callable, Sequence

from rapidfuzz import fuzz, utils

from cards.decision_card import DecisionMode
from cards.problem_card import problem_text
from dialogs import card_data
from dialogs.follow import follow
from dialogs.presenter import Presenter
from dialogs.turn import CardKind, Incoming, Reply, Tracked
from mutations.authority import NotEntitledError, Role
from mutations.case_finder import Retention
from mutations.errors import DomainError
from mutations.identity import find_request_number
from mutations.request import MutationRequest
from mutations.use_cases import UseCases
from mutations.use_cases.decide import MissingReasonError
from texts.translator import Texts

_NAME_FITS = 80


class UnknownNameError(DomainError):
    """None of this person's requests is about somebody with that name."""

    message_key = "error.name.unknown"


class MissingNumberError(DomainError):
    """A request has to be named by its number."""

    message_key = "error.number.missing"


class RequestDialog:
    """Everything about requests that exist."""

    def __init__(self, texts: Texts, use_cases: UseCases, presenter: Presenter) -> None:
        self._t = texts
        self._use = use_cases
        self._presenter = presenter

    async def status(self, incoming: Incoming, rest: str) -> Reply:
        """Answer "status", with a number, with a name, or with nothing behind it."""
        number = find_request_number(rest)
        if number is not None:
            return self._follow(incoming, await self._use.find.by_number(incoming.person, number))
        found = await self._use.find.all_of(incoming.person)
        if rest:
            found = [request for request in found if _is_about(request, rest)]
            if not found:
                raise UnknownNameError(name=rest)
        if len(found) == 1:
            return self._follow(incoming, found[0])
        return self._list(found)

    async def mine(self, incoming: Incoming) -> Reply:
        """List everything that the person is involved in."""
        return self._list(await self._use.find.all_of(incoming.person))

    async def waiting(self, incoming: Incoming) -> Reply:
        """List the requests in which it is the person's turn."""
        statuses = await self._use.find.waiting_for(incoming.person)
        card = self._presenter.listing(statuses, waiting=True)
        return Reply((card,), summary=self._t.plain("list.waiting.title"))

    async def show(self, incoming: Incoming) -> Reply:
        """Show one request as it is now."""
        request_id = card_data.request_id(incoming.data)
        return self._follow(incoming, await self._use.find.by_id(incoming.person, request_id))

    async def ask_withdrawal(self, incoming: Incoming, rest: str | None = None) -> Reply:
        """Ask whether the person is sure, named by a number or by the pressed card."""
        if rest is None:
            request_id = card_data.request_id(incoming.data)
            request = await self._use.find.by_id(incoming.person, request_id)
        else:
            number = find_request_number(rest)
            if number is None:
                raise MissingNumberError(command="annuleer")
            request = await self._use.find.by_number(incoming.person, number)
        if Role.REQUESTER not in self._use.find.roles(request, incoming.person):
            raise NotEntitledError(number=request.number)
        card = self._presenter.request(request, incoming.person, withdrawing=True)
        return Reply((card,), summary=self._t.plain("withdraw.title", number=request.number))

    async def withdraw(self, incoming: Incoming) -> Reply:
        """Withdraw for good."""
        request_id = card_data.request_id(incoming.data)
        request = await self._use.withdraw(incoming.person, request_id)
        return self._follow(incoming, request, CardKind.REQUEST)

    async def confirm(self, incoming: Incoming) -> Reply:
        """Accept what the source entity decided."""
        request = await self._use.confirm(
            incoming.person,
            card_data.request_id(incoming.data),
            card_round=card_data.number(incoming.data, "round"),
        )
        return self._follow(incoming, request, CardKind.REQUEST)

    async def resume(self, incoming: Incoming) -> Reply:
        """Go on with work that waited for the service desk."""
        request_id = card_data.request_id(incoming.data)
        request = await self._use.resume_work(incoming.person, request_id)
        return self._follow(incoming, request, CardKind.ATTENTION)

    async def keep(self, incoming: Incoming) -> Reply:
        """Decide that the data is kept: one click."""
        return await self._decide(incoming, Retention.KEEP)

    async def not_keep(self, incoming: Incoming) -> Reply:
        """Decide that the data is not kept, after the second confirmation."""
        return await self._decide(incoming, Retention.NOT_KEEP)

    async def refuse(self, incoming: Incoming) -> Reply:
        """Refuse the move, with a reason."""
        reason = card_data.text(incoming.inputs, "reason")
        try:
            return await self._decide(incoming, None, reason)
        except MissingReasonError as error:
            about = card_data.request_id(incoming.data)
            await self._use.refuse(incoming.person, error, verb=incoming.verb, request_id=about)
            problem = problem_text(self._t, error.message_key, error.params)
            return await self._decision_view(incoming, DecisionMode.REFUSE, problem)

    def decision_view(self, mode: DecisionMode) -> Callable[[Incoming], Awaitable[Reply]]:
        """Return what shows the decision card in one of its forms; decides nothing."""

        async def show(incoming: Incoming) -> Reply:
            return await self._decision_view(incoming, mode)

        return show

    async def _decide(
        self, incoming: Incoming, retention: Retention | None, reason: str = ""
    ) -> Reply:
        request = await self._use.decide(
            incoming.person,
            card_data.request_id(incoming.data),
            card_round=card_data.number(incoming.data, "round"),
            retention=retention,
            reason=reason,
        )
        card = self._presenter.decision(request)
        return Reply((card,), tracked=Tracked(kind=CardKind.DECISION, request_id=request.id))

    async def _decision_view(
        self, incoming: Incoming, mode: DecisionMode, problem: str = ""
    ) -> Reply:
        request_id = card_data.request_id(incoming.data)
        request = await self._use.find.by_id(incoming.person, request_id)
        if Role.DECIDER not in self._use.find.roles(request, incoming.person):
            raise NotEntitledError(number=request.number)
        lasting = self._presenter.decision(request)  # what it shows again after a change
        tracked = Tracked(kind=CardKind.DECISION, request_id=request.id, lasting=lasting)
        card = self._presenter.decision(request, mode=mode, problem=problem)
        return Reply((card,), tracked=tracked)

    def _follow(
        self, incoming: Incoming, request: MutationRequest, kind: CardKind | None = None
    ) -> Reply:
        return follow(self._t, self._presenter, incoming, request, kind)

    def _list(self, requests: Sequence[MutationRequest]) -> Reply:
        statuses = [self._use.find.status(request) for request in requests]
        card = self._presenter.listing(statuses, waiting=False)
        return Reply((card,), summary=self._t.plain("list.mine.title"))


def _is_about(request: MutationRequest, name: str) -> bool:
    subject = request.subject.name
    return fuzz.token_set_ratio(name, subject, processor=utils.default_process) >= _NAME_FITS
