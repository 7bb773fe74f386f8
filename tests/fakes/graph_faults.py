"""What planned faults make of a request to Graph."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.fakes import graph_errors as errors
from tests.fakes.graph_errors import GraphError
from tests.fakes.tenant_faults import PlannedFault, TenantFault

_F = TenantFault
_OUTER_STATUS: Final[Mapping[TenantFault, int]] = {
    _F.OUTER_429: 429,
    _F.OUTER_503: 503,
    _F.OUTER_504: 504,
    _F.OUTER_429_DONE: 429,
    _F.OUTER_503_DONE: 503,
    _F.OUTER_504_DONE: 504,
}
_NOTHING_DONE: Final = frozenset(
    {_F.OUTER_429, _F.OUTER_503, _F.OUTER_504, _F.OUTER_GARBAGE, _F.LOST_REQUEST}
)
_CUT: Final = frozenset({_F.LOST_REQUEST, _F.LOST_RESPONSE})
_REFUSALS: Final[Mapping[TenantFault, Callable[[], GraphError]]] = {
    _F.CONCURRENCY: errors.concurrency,
    _F.DIRSYNC: errors.synced,
    _F.UPN_TAKEN_BY_DELETED: lambda: errors.conflict("userPrincipalName"),
    _F.NO_SEAT: lambda: errors.no_seat("of this fault"),
    _F.LICENCE_INHERITED: errors.inherited_licence,
    _F.GROUP_DYNAMIC: errors.denied,
    _F.GROUP_SYNCED: errors.synced,
    _F.GROUP_MAIL_ENABLED: errors.mail_enabled,
    _F.GROUP_ROLE_ASSIGNABLE: errors.denied,
    _F.LAST_OWNER: errors.last_owner,
}


@dataclass(frozen=True, slots=True)
class Outer:
    """What becomes of a whole HTTP request.

    Attributes:
        error: Answered instead of what it would be.
        is_done: Whether what was asked is done all the same.
        is_cut: Whether the connection is cut instead of an answer.
        is_garbage: Whether something in between answers with a page of its own.
        kills_token: Whether the token that was shown is dead from now on.
    """

    error: GraphError | None = None
    is_done: bool = True
    is_cut: bool = False
    is_garbage: bool = False
    kills_token: bool = False

    @property
    def answered(self) -> int | None:
        """Status that the caller sees, 0 for no answer; None for that of what was asked."""
        if self.is_cut:
            return 0
        if self.is_garbage:
            return 200
        return None if self.error is None else self.error.status


def outer_of(struck: Iterable[PlannedFault]) -> Outer:
    """Return what becomes of a request that is struck as a whole."""
    faults = {one.fault: one for one in struck}
    error = None
    for fault, planned in faults.items():
        if fault in _OUTER_STATUS:
            error = _status(_OUTER_STATUS[fault], planned.seconds)
    return Outer(
        error=error,
        is_done=not _NOTHING_DONE & set(faults),
        is_cut=bool(_CUT & set(faults)),
        is_garbage=TenantFault.OUTER_GARBAGE in faults,
        kills_token=TenantFault.TOKEN_EXPIRED in faults,
    )


def refusal_of(struck: Iterable[PlannedFault]) -> GraphError | None:
    """Return the refusal with which a call is struck, None when it is not refused."""
    for one in struck:
        if one.fault is TenantFault.ITEM_429:
            return errors.throttled(_seconds(one.seconds) or "0")
        if one.fault is TenantFault.ITEM_429_NO_HINT:
            return errors.throttled(None)
        if one.fault is TenantFault.ITEM_503:
            return errors.unavailable(503, _seconds(one.seconds))
        if one.fault in _REFUSALS:
            return _REFUSALS[one.fault]()
    return None


def _status(status: int, seconds: float) -> GraphError:
    if status == 429:
        return errors.throttled(_seconds(seconds))
    return errors.unavailable(status, _seconds(seconds))


def _seconds(seconds: float) -> str | None:
    return f"{seconds:g}" if seconds else None
