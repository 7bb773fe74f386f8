"""Which step a request to the tenant belongs to, and what the tenant called that request.

The step's id goes along with every request that is made for its change, so that the logs of
Microsoft can be searched for it; Microsoft's own ids come back into the journal as evidence.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid5

from mutations.identity import RequestId

_STEPS: Final = UUID("8a3c2f0e-5f0b-4f55-9c1e-0f6f5d0b7a61")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What goes along with the requests of one step.

    Attributes:
        id: A GUID, the same whenever this step of this request is carried out.
        is_late: Tells whether a write for it must not go out any more: whoever made it was stopped
            for so long that another may have taken over and done it.
        answered: Ids that the tenant gave to the writes that it answered, oldest first.
    """

    id: str
    is_late: Callable[[], bool]
    answered: list[str] = field(default_factory=list)

    def note(self, request_id: str) -> None:
        """Keep an id that the tenant gave; an empty one is none."""
        if request_id and request_id not in self.answered:
            self.answered.append(request_id)


_STAMP: ContextVar[Stamp | None] = ContextVar("fulfilment_stamp", default=None)


@contextmanager
def stamped(
    request_id: RequestId, position: int, *, is_late: Callable[[], bool]
) -> Iterator[Stamp]:
    """Let everything that is asked of the tenant within the block belong to one step."""
    stamp = Stamp(str(uuid5(_STEPS, f"{request_id}/{position}")), is_late)
    token = _STAMP.set(stamp)
    try:
        yield stamp
    finally:
        _STAMP.reset(token)


def present_stamp() -> Stamp | None:
    """Return the stamp of the step that is being carried out; None outside of one."""
    return _STAMP.get()
