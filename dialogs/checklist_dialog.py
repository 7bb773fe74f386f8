"""What the requester says of the checklist of case D."""

from datetime import date

from cards.checklist import DAY_INPUT
from dialogs import card_data
from dialogs.follow import follow
from dialogs.presenter import Presenter
from dialogs.turn import CardKind, Incoming, Reply
from mutations.checklist import Item
from mutations.use_cases import UseCases
from texts.translator import Texts


class ChecklistDialog:
    """Saying that something was done, or that it was not after all."""

    def __init__(self, texts: Texts, use_cases: UseCases, presenter: Presenter) -> None:
        self._t = texts
        self._use = use_cases
        self._presenter = presenter

    async def done(self, incoming: Incoming) -> Reply:
        """Say that an item was done, on the day that was filled in."""
        request = await self._use.check_off.done(
            incoming.person,
            card_data.request_id(incoming.data),
            _item(incoming),
            on=_day(card_data.text(incoming.inputs, DAY_INPUT)),
        )
        return follow(self._t, self._presenter, incoming, request, CardKind.REQUEST)

    async def not_done(self, incoming: Incoming) -> Reply:
        """Say that an item was not done after all."""
        request = await self._use.check_off.not_done(
            incoming.person, card_data.request_id(incoming.data), _item(incoming)
        )
        return follow(self._t, self._presenter, incoming, request, CardKind.REQUEST)


def _item(incoming: Incoming) -> Item:
    """Return the item of the pressed button, taken only in its exact form.

    Raises:
        BrokenCardError: It names none.
    """
    value = incoming.data.get("item")
    found = next((item for item in Item if isinstance(value, str) and item.value == value), None)
    if found is None:
        raise card_data.BrokenCardError
    return found


def _day(text: str) -> date | None:
    """Return the day that a date input holds; None when it was left empty.

    Raises:
        BrokenCardError: It holds something that no date input of ours sends.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise card_data.BrokenCardError from None
