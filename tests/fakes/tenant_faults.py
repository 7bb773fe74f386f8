"""The ways in which the fake tenant fails, and the plan that says which call is struck."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from fnmatch import fnmatchcase
from typing import Final


class TenantFault(StrEnum):
    """Every way to fail. `seconds` is what the plan says, for those that take time."""

    # The whole HTTP request, a batch included.
    OUTER_429 = auto()  # refused, nothing done
    OUTER_429_DONE = auto()  # refused in words, done all the same
    OUTER_503 = auto()
    OUTER_503_DONE = auto()
    OUTER_504 = auto()
    OUTER_504_DONE = auto()
    OUTER_GARBAGE = auto()  # a page of HTML from something in between, with 200
    LOST_REQUEST = auto()  # the connection is cut, nothing done
    LOST_RESPONSE = auto()  # the connection is cut, done
    TOKEN_EXPIRED = auto()  # the token that is shown is dead from now on
    # One call, alone or in a batch.
    ITEM_429 = auto()  # with Retry-After `seconds`
    ITEM_429_NO_HINT = auto()  # without
    ITEM_503 = auto()
    ITEM_MISSING = auto()  # done, but its answer is not in that of the batch
    CONCURRENCY = auto()  # Directory_ConcurrencyViolation
    DIRSYNC = auto()  # mastered in the Active Directory
    UPN_TAKEN_BY_DELETED = auto()
    NO_SEAT = auto()  # CountViolation
    LICENCE_INHERITED = auto()
    GROUP_DYNAMIC = auto()
    GROUP_SYNCED = auto()
    GROUP_MAIL_ENABLED = auto()
    GROUP_ROLE_ASSIGNABLE = auto()
    LAST_OWNER = auto()  # said falsely: there are others
    # One write: done and answered, but.
    STALE_READ = auto()  # readers see the old for `seconds`
    FLIPPING_READ = auto()  # readers see old and new in turns for `seconds`
    MISSING_AFTER_CREATE = auto()  # 404 for `seconds` after a creation or restore
    SYNC_OVERWRITES = auto()  # the Active Directory puts the old back after `seconds`
    # Exchange.
    EXCHANGE_NOT_YET = auto()  # the object has not arrived from the directory
    EXCHANGE_WARNING = auto()  # 200 and a warning, without effect
    EXCHANGE_SYNCED = auto()  # out of write scope: mastered in the Active Directory
    EXCHANGE_500 = auto()  # a server-side failure, nothing done
    HOLD_NOT_EFFECTIVE = auto()  # taken, but not in force for `seconds`; 0 for never


class Stage(StrEnum):
    """Where in the handling of a request a fault strikes."""

    OUTER = auto()
    CALL = auto()
    WRITE = auto()


@dataclass(frozen=True, slots=True)
class Trait:
    """Where a fault strikes, and which operations it can strike at all."""

    stage: Stage
    where: tuple[str, ...] = ("*",)


_GRAPH: Final = ("* /*",)
_GRAPH_WRITES: Final = ("POST /*", "PATCH /*", "DELETE /*")
_WRITES: Final = (*_GRAPH_WRITES, "Set-*", "Add-*", "Remove-*")
_MEMBERS: Final = tuple(
    f"{method} /groups/{{group-id}}/{kind}/*"
    for method in ("POST", "DELETE")
    for kind in ("members", "owners")
)
_ACCOUNTS: Final = ("POST /users", "PATCH /users/{user-id}")
_RESTORE: Final = "POST /directory/deletedItems/{directoryObject-id}/restore"
_LICENCES: Final = ("POST /users/{user-id}/assignLicense",)
_CMDLETS: Final = ("[A-Z][a-z]*-*",)  # methods of Graph begin with two capitals
_F = TenantFault

TRAITS: Final[Mapping[TenantFault, Trait]] = {
    **dict.fromkeys(
        (
            *(_F.OUTER_429, _F.OUTER_503, _F.OUTER_504, _F.OUTER_GARBAGE),
            *(_F.LOST_REQUEST, _F.LOST_RESPONSE, _F.TOKEN_EXPIRED),
        ),
        Trait(Stage.OUTER),
    ),
    **dict.fromkeys(
        (_F.OUTER_429_DONE, _F.OUTER_503_DONE, _F.OUTER_504_DONE), Trait(Stage.OUTER, _WRITES)
    ),
    **dict.fromkeys(
        (_F.ITEM_429, _F.ITEM_429_NO_HINT, _F.ITEM_503, _F.ITEM_MISSING),
        Trait(Stage.CALL, _GRAPH),
    ),
    _F.CONCURRENCY: Trait(Stage.CALL, _GRAPH_WRITES),
    _F.DIRSYNC: Trait(Stage.CALL, ("PATCH /users/{user-id}",)),
    _F.UPN_TAKEN_BY_DELETED: Trait(Stage.CALL, (*_ACCOUNTS, _RESTORE)),
    _F.NO_SEAT: Trait(Stage.CALL, _LICENCES),
    _F.LICENCE_INHERITED: Trait(Stage.CALL, _LICENCES),
    **dict.fromkeys(
        (_F.GROUP_DYNAMIC, _F.GROUP_SYNCED, _F.GROUP_MAIL_ENABLED, _F.GROUP_ROLE_ASSIGNABLE),
        Trait(Stage.CALL, _MEMBERS),
    ),
    _F.LAST_OWNER: Trait(Stage.CALL, ("DELETE /groups/{group-id}/owners/*",)),
    **dict.fromkeys(
        (_F.STALE_READ, _F.FLIPPING_READ, _F.SYNC_OVERWRITES), Trait(Stage.WRITE, _WRITES)
    ),
    _F.MISSING_AFTER_CREATE: Trait(Stage.WRITE, ("POST /users", _RESTORE)),
    **dict.fromkeys((_F.EXCHANGE_NOT_YET, _F.EXCHANGE_500), Trait(Stage.CALL, _CMDLETS)),
    **dict.fromkeys(
        (_F.EXCHANGE_WARNING, _F.EXCHANGE_SYNCED),
        Trait(Stage.CALL, ("Set-*", "Add-*", "Remove-*")),
    ),
    _F.HOLD_NOT_EFFECTIVE: Trait(Stage.WRITE, ("Set-Mailbox",)),
}
"""What each fault can strike; operations are as in `PlannedFault`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """One fault for some of the calls it can strike.

    Attributes:
        operation: `PATCH /users/{user-id}` (Microsoft's path templates) or the name of a cmdlet;
            `*` stands for anything. A batch is struck when one of its calls fits.
        target: Id of the object, as in the path or `Identity`; empty for each of them.
        on: Which of the fitting calls is the first to be struck, counted from 1.
        times: How many are struck from there on.
        seconds: How long, for what takes time; the Retry-After of a refusal, 0 for none there.
    """

    fault: TenantFault
    operation: str = "*"
    target: str = ""
    on: int = 1
    times: int = 1
    seconds: float = 0.0

    def fits(self, stage: Stage, operation: str, target: str) -> bool:
        """Tell whether a call is one that it counts."""
        trait = TRAITS[self.fault]
        return (
            trait.stage is stage
            and any(fnmatchcase(operation, where) for where in trait.where)
            and fnmatchcase(operation, self.operation)
            and self.target in {"", target}
        )


@dataclass(slots=True)
class _Planned:
    planned: PlannedFault
    seen: int = 0

    def strikes(self) -> bool:
        """Count a fitting call and tell whether it is struck."""
        self.seen += 1
        first = self.planned.on
        return first <= self.seen < first + self.planned.times


@dataclass(slots=True)
class FaultPlan:
    """The faults that are planned, and those that struck, in order."""

    struck: list[PlannedFault] = field(default_factory=list)
    _planned: list[_Planned] = field(default_factory=list)

    def add(self, *faults: PlannedFault) -> None:
        """Plan faults; calls are counted from now on."""
        self._planned.extend(_Planned(fault) for fault in faults)

    def clear(self) -> None:
        """Forget everything that is planned."""
        self._planned.clear()

    def strike(self, stage: Stage, calls: Iterable[tuple[str, str]]) -> list[PlannedFault]:
        """Count one request and return what strikes it.

        Args:
            stage: How far its handling is.
            calls: Operation and target of each call in it: one, or those of a batch.
        """
        asked = list(calls)
        found = [
            one.planned
            for one in self._planned
            if any(one.planned.fits(stage, *call) for call in asked) and one.strikes()
        ]
        self.struck.extend(found)
        return found
