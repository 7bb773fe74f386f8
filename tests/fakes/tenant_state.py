"""The state of the fake tenant: what is true, what readers see of it, and what happens later.

A write is true at once and shows later. Entra promises an app no more than that: "for
application-only requests, Microsoft Entra ID does not provide session consistency"
(https://learn.microsoft.com/entra/architecture/architecture). Graph and Exchange each have a copy
of addresses and names, and tell each other after a while, in both directions.
"""

import contextlib
import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from mutations.clock import Clock
from tests.fakes.tenant_records import BEGINNING, Drive, Group, Mailbox, Sku, User

Record = TypeVar("Record", bound=msgspec.Struct)
Listener = Callable[[msgspec.Struct | None, msgspec.Struct | None], None]
"""Is told of each write: the object before and after, None for absent."""
_FORGET_AFTER: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How late things show, in seconds.

    Attributes:
        read_s: From a write until readers see it.
        flips: Whether readers see a write now and then before that: two read replicas.
        to_exchange_s: From a directory change until Exchange has it.
        to_directory_s: From an Exchange change until the directory has it.
    """

    read_s: float = 0.0
    flips: bool = False
    to_exchange_s: float = 0.0
    to_directory_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a fault makes of one write.

    Attributes:
        read_s: Seconds until readers see it; None for what the lag says.
        flips: Whether readers see it now and then before that; None for what the lag says.
        undone_after_s: Seconds until the sync from the Active Directory puts the old value back.
    """

    read_s: float | None = None
    flips: bool | None = None
    undone_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Version(Generic[Record]):
    shows_at: datetime
    flips: bool
    record: Record | None


class Table(Generic[Record]):
    """Objects of one kind by id, each with its versions in the order they were written."""

    def __init__(self) -> None:
        self._versions: dict[str, list[_Version[Record]]] = {}

    def true(self, object_id: str) -> Record | None:
        """Return an object as it really is."""
        versions = self._versions.get(object_id)
        return versions[-1].record if versions else None

    def all_true(self) -> Mapping[str, Record]:
        """Return all objects as they really are."""
        ends = {key: versions[-1].record for key, versions in self._versions.items()}
        return {key: record for key, record in ends.items() if record is not None}

    def put(
        self,
        object_id: str,
        record: Record | None,
        *,
        now: datetime,
        shows_at: datetime,
        flips: bool = False,
    ) -> None:
        """Write an object, None to take it away."""
        versions = self._versions.setdefault(object_id, [])
        versions.append(_Version(shows_at, flips, record))
        while len(versions) > 1 and versions[1].shows_at < now - _FORGET_AFTER:
            del versions[0]

    def seen(self, object_id: str, view: "View") -> Record | None:
        """Return an object as one reader sees it."""
        return _newest(self._versions.get(object_id, []), view)

    def all_seen(self, view: "View") -> Mapping[str, Record]:
        """Return all objects as one reader sees them."""
        found = {key: _newest(versions, view) for key, versions in self._versions.items()}
        return {key: record for key, record in found.items() if record is not None}


@dataclass(frozen=True, slots=True)
class View:
    """One reader at one moment; `ahead` is a replica that has everything already."""

    now: datetime
    ahead: bool

    def shows(self, version: _Version[Record]) -> bool:
        return version.shows_at <= self.now or (version.flips and self.ahead)


def _newest(versions: list[_Version[Record]], view: View) -> Record | None:
    for version in reversed(versions):
        if view.shows(version):
            return version.record
    return None


@dataclass(order=True, slots=True)
class _Later:
    at: datetime
    number: int
    do: Callable[[], None] = field(compare=False)


class TenantState:
    """Everything in the tenant, with the clock that makes late things happen."""

    def __init__(self, clock: Clock, *, lag: Lag | None = None, seed: int = 1) -> None:
        """Start empty.

        Args:
            clock: Tells what shows and what is due; nothing here sleeps.
            lag: How late things show; nothing is late when left out. May be set later.
            seed: Makes the replicas that answer the same from run to run.
        """
        self.lag = lag or Lag()
        self.users: Table[User] = Table()
        self.groups: Table[Group] = Table()
        self.mailboxes: Table[Mailbox] = Table()
        self.skus: Table[Sku] = Table()
        self.drives: Table[Drive] = Table()
        self.domains: tuple[str, ...] = ()
        self.random = random.Random(seed)  # noqa: S311 - replicas, not secrets
        self.listeners: list[Listener] = []
        self._clock = clock
        self._effect = Effect()
        self._due: list[_Later] = []
        self._numbers = itertools.count()
        self._at: datetime | None = None

    @property
    def now(self) -> datetime:
        """This moment, UTC; while something late happens, the moment it was due."""
        return self._at or self._clock.now()

    def view(self) -> View:
        """Return a reader that asks now, behind one of the replicas."""
        self.settle()
        return View(self.now, self.random.random() < 0.5)  # two replicas

    @contextlib.contextmanager
    def effect(self, effect: Effect) -> Iterator[None]:
        """Let the writes inside have an effect of their own."""
        before, self._effect = self._effect, effect
        try:
            yield
        finally:
            self._effect = before

    def effect_or(self, effect: Effect) -> Effect:
        """Return the effect in force, or another one when nothing in particular is."""
        return effect if self._effect == Effect() else self._effect

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something when the clock is so much further; at once for nothing to wait for."""
        due = _Later(self.now + timedelta(seconds=seconds), next(self._numbers), do)
        if seconds <= 0:
            do()
        else:
            heapq.heappush(self._due, due)

    def settle(self) -> None:
        """Do what is due, in the order it was due."""
        while self._due and self._due[0].at <= self._clock.now():
            due = heapq.heappop(self._due)
            self._at = due.at
            try:
                with self.effect(Effect()):
                    due.do()
            finally:
                self._at = None

    def everything(self) -> Mapping[str, msgspec.Struct]:
        """Return all accounts, mailboxes, groups and drives as they really are, by kind and id."""
        self.settle()
        tables: Mapping[str, Mapping[str, msgspec.Struct]] = {
            "user": self.users.all_true(),
            "mailbox": self.mailboxes.all_true(),
            "group": self.groups.all_true(),
            "drive": self.drives.all_true(),
        }
        return {
            f"{kind} {key}": record
            for kind, records in tables.items()
            for key, record in records.items()
        }

    def add(self, table: Table[Record], object_id: str, record: Record) -> None:
        """Put an object there that has always been there."""
        table.put(object_id, record, now=BEGINNING, shows_at=BEGINNING)

    def write(self, table: Table[Record], object_id: str, record: Record | None) -> None:
        """Write one object as the lag and the effect in force say."""
        effect, lag, before = self._effect, self.lag, table.true(object_id)
        if before == record:
            return
        read_s = lag.read_s if effect.read_s is None else effect.read_s
        flips = lag.flips if effect.flips is None else effect.flips
        shows_at = self.now + timedelta(seconds=read_s)
        table.put(object_id, record, now=self.now, shows_at=shows_at, flips=flips)
        for tell in self.listeners:
            tell(before, record)
        if effect.undone_after_s is not None and before is not None:
            self.later(effect.undone_after_s, lambda: self.write(table, object_id, before))
