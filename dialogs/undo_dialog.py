"""Taking an order back that stopped halfway."""

from cards.problem_card import problem_text
from dialogs import card_data
from dialogs.follow import follow
from dialogs.presenter import Presenter
from dialogs.turn import CardKind, Incoming, Reply, Tracked
from mutations.authority import NotEntitledError, Role
from mutations.identity import RequestId
from mutations.undoing import may_undo
from mutations.use_cases import UseCases
from mutations.use_cases.undo_work import MissingUndoReasonError, NothingToUndoError
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

    async def sure(self, incoming: Incoming) -> Reply:
        """Take back for good, with the reason."""
        about = card_data.request_id(incoming.data)
        reason = card_data.text(incoming.inputs, "reason")
        try:
            request = await self._use.undo_work(incoming.person, about, reason=reason)
        except MissingUndoReasonError as error:
            await self._use.refuse(incoming.person, error, verb=incoming.verb, request_id=about)
            problem = problem_text(self._t, error.message_key, error.params)
            return await self._question(incoming, about, problem)
        return follow(self._t, self._presenter, incoming, request, CardKind.REQUEST)

    async def _question(
        self, incoming: Incoming, request_id: RequestId, problem: str = ""
    ) -> Reply:
        request = await self._use.find.by_id(incoming.person, request_id)
        if Role.SERVICE_DESK not in self._use.find.roles(request, incoming.person):
            raise NotEntitledError(number=request.number)
        if not may_undo(request):
            raise NothingToUndoError(number=request.number)
        lasting = self._presenter.by_kind(CardKind.ATTENTION, request, incoming.person)
        tracked = Tracked(kind=CardKind.ATTENTION, request_id=request.id, lasting=lasting)
        card = self._presenter.undo(request, problem=problem)
        return Reply((card,), summary=self._t.plain("undo.title"), tracked=tracked)
