"""Which orders are bulk work: those of a reorganisation, so that no other waits behind them."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from mutations.identity import EntityCode
from mutations.life_cycle import State
from mutations.register import Contract
from mutations.request import MutationRequest

ON_THE_WAY: Final = (State.SCHEDULED, State.CARRYING_OUT, State.UNDOING)
"""States of an order that the bot will work on without a person, or works on now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What the orders of one reorganisation have in common."""

    source: EntityCode
    target: EntityCode
    start_on: date

    @classmethod
    def of(cls, request: MutationRequest) -> "Move | None":
        """Return the move of an order; None for what is no order."""
        if request.source is None or request.start_on is None:
            return None
        return cls(source=request.source, target=request.target, start_on=request.start_on)


def is_bulk(together: int, contract: Contract) -> bool:
    """Tell whether one of so many orders of the same move, itself included, is bulk work.

    What remains of a reorganisation when few are left is not: they hold up nobody any more.
    """
    return together > contract.bulk_above
