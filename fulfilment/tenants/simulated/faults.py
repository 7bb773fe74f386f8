"""Lets the simulated tenant fail the way Microsoft does."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from fulfilment.tenant import PermanentTenantError, TransientTenantError

_EVERY: Final = "*"


class FaultKind(StrEnum):
    """The ways to fail."""

    TRANSIENT = "transient"  # refused for now, nothing was done
    LOST_REPLY = "lost_reply"  # done, but the answer never arrives
    PERMANENT = "permanent"  # refused for good, nothing was done
    LATE = "late"  # done and answered, but readers see it much later


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail, a number of times.

    Attributes:
        operation: Method of the `Tenant` or `Directory` port, or `*` for each of them.
        seconds: Wait that a transient fault asks for, or extra delay of a late one.
    """

    operation: str
    kind: FaultKind
    times: int = 1
    seconds: float = 0.0


class FaultPlan:
    """The faults that are still to come."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._left = list(faults)

    @classmethod
    def parse(cls, text: str) -> "FaultPlan":
        """Read a setting like `set_upn=lost_reply, *=transient:1*3, remove_aliases=late:30`.

        Each fault is `operation=kind`, with `:seconds` and `*times` where wanted.

        Raises:
            ValueError: A fault is not written like that.
        """
        return cls(_parse_fault(part) for part in text.split(",") if part.strip())

    def before(self, operation: str) -> None:
        """Fail before anything is done, if that is planned."""
        if self._take(operation, FaultKind.PERMANENT) is not None:
            raise PermanentTenantError("tenant.refused", {"operation": operation})
        transient = self._take(operation, FaultKind.TRANSIENT)
        if transient is not None:
            raise TransientTenantError(transient.seconds or None)

    def after(self, operation: str) -> None:
        """Fail after it was done, if that is planned."""
        if self._take(operation, FaultKind.LOST_REPLY) is not None:
            raise TransientTenantError

    def extra_lag_s(self, operation: str) -> float:
        """Return how much later than usual readers see this change, in seconds."""
        late = self._take(operation, FaultKind.LATE)
        return 0.0 if late is None else late.seconds

    def _take(self, operation: str, kind: FaultKind) -> Fault | None:
        for index, fault in enumerate(self._left):
            if fault.kind is kind and fault.operation in {operation, _EVERY} and fault.times > 0:
                self._left[index] = replace(fault, times=fault.times - 1)
                return fault
        return None


def _parse_fault(part: str) -> Fault:
    operation, equals, rest = part.strip().partition("=")
    rest, _, times = rest.partition("*")
    kind, _, seconds = rest.partition(":")
    if not (operation and equals):
        raise ValueError(f"a fault is operation=kind[:seconds][*times], not {part.strip()!r}")
    return Fault(
        operation=operation.strip(),
        kind=FaultKind(kind.strip()),
        times=int(times or 1),
        seconds=float(seconds or 0),
    )
