"""Taking an order back that stopped halfway, or that was done not long ago."""

from cards.problem_card import problem_text
from dialogs import card_data
from dialogs.follow import follow
from dialogs.presenter import Presenter
from dialogs.request_dialog import MissingNumberError
from dialogs.turn import CardKind, Incoming, Reply, Tracked
from mutations.identity import RequestId, find_request_number
from mutations.life_cycle import State
from mutations.use_cases import UseCases
from mutations.use_cases.undo_work import MissingUndoReasonError
from texts.translator import Texts


class UndoDialog:
    """The question and its confirmation."""

    def __init__(self, texts: Texts, use_cases: UseCases, presenter: Presenter) -> None:
        self._t = texts
        self._use = use_cases
        self._presenter = presenter

    async def ask(self, incoming: Incoming) -> Reply:
        """Show what taking back would do; changes nothing."""
        return await self._question(incoming, card_data.request_id(incoming.data))

    async def ask_typed(self, incoming: Incoming, rest: str) -> Reply:
        """Show it of the request whose number was typed; changes nothing."""
        number = find_request_number(rest)
        if number is None:
            raise MissingNumberError(command="terugdraaien")
        request = await self._use.find.by_number(incoming.person, number)
        return await self._question(incoming, request.id)

    async def sure(self, incoming: Incoming) -> Reply:
        """Take back for good, with the reason."""
        about, seen = card_data.request_id(incoming.data), _seen(incoming)
        reason = card_data.text(incoming.inputs, "reason")
        try:
            request = await self._use.undo_work(incoming.person, about, seen=seen, reason=reason)
        except MissingUndoReasonError as error:
            await self._use.refuse(incoming.person, error, verb=incoming.verb, request_id=about)
            problem = problem_text(self._t, error.message_key, error.params)
            return await self._question(incoming, about, problem)
        return follow(self._t, self._presenter, incoming, request, CardKind.REQUEST)

    async def _question(
        self, incoming: Incoming, request_id: RequestId, problem: str = ""
    ) -> Reply:
        request = await self._use.ask_undo(incoming.person, request_id)
        kind = CardKind.REQUEST if request.state is State.DONE else CardKind.ATTENTION
        lasting = self._presenter.by_kind(kind, request, incoming.person)
        tracked = Tracked(kind=kind, request_id=request.id, lasting=lasting)
        card = self._presenter.undo(request, problem=problem)
        return Reply((card,), summary=self._t.plain("undo.title"), tracked=tracked)


def _seen(incoming: Incoming) -> State:
    """Return the state that the question was about."""
    value = incoming.data.get("state")
    if value not in {State.ATTENTION.value, State.DONE.value}:
        raise card_data.BrokenCardError
    return State(str(value))
