"""What the service desk says of steps that only a person can do."""

from dialogs import card_data
from dialogs.follow import follow
from dialogs.presenter import Presenter
from dialogs.turn import Incoming, Reply
from mutations.use_cases import UseCases
from texts.translator import Texts


class HandDialog:
    """Handing over, taking, reporting and declining one step."""

    def __init__(self, texts: Texts, use_cases: UseCases, presenter: Presenter) -> None:
        self._t = texts
        self._use = use_cases
        self._presenter = presenter

    async def over(self, incoming: Incoming) -> Reply:
        """Hand a step that stopped over to a person."""
        request = await self._use.hand_over(
            incoming.person,
            card_data.request_id(incoming.data),
            card_data.number(incoming.data, "position"),
        )
        return follow(self._t, self._presenter, incoming, request)

    async def take(self, incoming: Incoming) -> Reply:
        """Say that one does it."""
        request = await self._use.hand_work.take(
            incoming.person,
            card_data.request_id(incoming.data),
            card_data.number(incoming.data, "position"),
        )
        return follow(self._t, self._presenter, incoming, request)

    async def done(self, incoming: Incoming) -> Reply:
        """Say that it was done, with what shows that."""
        request = await self._use.hand_work.report(
            incoming.person,
            card_data.request_id(incoming.data),
            card_data.number(incoming.data, "position"),
            evidence=card_data.text(incoming.inputs, "words"),
        )
        return follow(self._t, self._presenter, incoming, request)

    async def cannot(self, incoming: Incoming) -> Reply:
        """Say that it cannot be done, and why."""
        request = await self._use.hand_work.decline(
            incoming.person,
            card_data.request_id(incoming.data),
            card_data.number(incoming.data, "position"),
            reason=card_data.text(incoming.inputs, "words"),
        )
        return follow(self._t, self._presenter, incoming, request)
