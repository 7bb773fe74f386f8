"""The plan of a request, made at the moment that somebody asks for it."""

from dialogs import card_data
from dialogs.presenter import Presenter
from dialogs.turn import Incoming, Reply
from mutations.use_cases import UseCases
from texts.translator import Texts


class PlanDialog:
    """Showing a plan; nothing is changed by it."""

    def __init__(self, texts: Texts, use_cases: UseCases, presenter: Presenter) -> None:
        self._t = texts
        self._use = use_cases
        self._presenter = presenter

    async def show(self, incoming: Incoming) -> Reply:
        """Show what would be done now; the card says of which moment it is and stays so."""
        request_id = card_data.request_id(incoming.data)
        run = await self._use.show_plan(incoming.person, request_id)
        summary = self._t.plain("plan.of", number=run.request.number)
        return Reply((self._presenter.plan(run),), summary=summary)
