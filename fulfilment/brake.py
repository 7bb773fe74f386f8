"""The brake: so many changes an hour, then everything stands still until a person looked.

A fault in a register or in this program could change a thousand accounts before anybody notices.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from fulfilment.progress import Again, NeedsPerson, Progress
from mutations.identity import RequestId

BRAKE_KEY: Final = "attention.brake"
_LOOK_AGAIN_S: Final = 60.0


class Passage(Protocol):
    """What the brake says to changes that are about to be made."""

    @property
    def is_free(self) -> bool:
        """Whether they were counted and may be made."""
        ...

    @property
    def calls(self) -> bool:
        """Whether this order calls a person: the brake went on by it, or has been on for long."""
        ...


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing is in the way."""

    is_free: bool = True
    calls: bool = False


class Brake(Protocol):
    """Counts over all processes; may raise what its storage raises, and nothing was counted."""

    @property
    def most(self) -> int:
        """Changes an hour."""
        ...

    async def pass_by(self, request_id: RequestId, effects: int) -> Passage:
        """Ask for so many changes for a request; counted at once if they may be made.

        Every call counts, also one that is repeated after a stop: the brake is on early rather
        than late. What comes first after a release always passes, however much it is.
        """
        ...

    async def release(self, request_id: RequestId | None) -> bool:
        """Let everything go on and count from nothing; true when it was on.

        Args:
            request_id: Only if this order called the person; None whoever did.
        """
        ...


class NoBrake:
    """Lets everything pass."""

    most = 0  # never shown

    async def pass_by(self, request_id: RequestId, effects: int) -> Passage:  # noqa: ARG002
        """Let it pass."""
        return Free()

    async def release(self, request_id: RequestId | None) -> bool:  # noqa: ARG002
        """Do nothing: it is never on."""
        return False


async def held_up(brake: Brake, request_id: RequestId, effects: int) -> Progress | None:
    """Return what an order comes to whose changes may not be made now; None when they may."""
    passage = await brake.pass_by(request_id, effects)
    if passage.is_free:
        return None
    if passage.calls:
        return NeedsPerson("", BRAKE_KEY, {"most": brake.most})
    return Again(_LOOK_AGAIN_S)
