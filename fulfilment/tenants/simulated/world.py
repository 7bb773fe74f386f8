"""The simulated tenant as typed records: who sees what when, and which faults strike."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import msgspec
import structlog

from fulfilment.stamp import present_stamp
from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.simulated.faults import FaultPlan
from fulfilment.tenants.simulated.objects import Body, SimulatedObjects
from fulfilment.tenants.simulated.records import (
    Kind,
    SimAccount,
    SimGroup,
    SimMembership,
    SimPool,
    SimSite,
)
from mutations.clock import Clock

_LOGGER = structlog.get_logger(__name__)
_END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)  # every change is visible by then
_Record = TypeVar("_Record", SimAccount, SimGroup, SimMembership, SimPool, SimSite)


class SimulatedWorld:
    """Everything that exists in the simulated tenant."""

    def __init__(
        self,
        objects: SimulatedObjects,
        *,
        clock: Clock,
        lag_s: float = 2.0,
        faults: FaultPlan | None = None,
    ) -> None:
        """Look at the world in `objects`.

        Args:
            objects: Where it is kept.
            clock: Tells what is visible.
            lag_s: Seconds after which readers see a change.
            faults: How it fails; not at all when left out.
        """
        self._objects = objects
        self._clock = clock
        self._lag_s = lag_s
        self._faults = faults or FaultPlan()
        self._writing = asyncio.Lock()

    @property
    def now(self) -> datetime:
        """This moment."""
        return self._clock.now()

    @contextlib.asynccontextmanager
    async def call(self, operation: str) -> AsyncIterator[None]:
        """Answer one call from outside, with the faults that are planned for it."""
        self._faults.before(operation)
        yield
        self._faults.after(operation)

    @contextlib.asynccontextmanager
    async def write(self, operation: str) -> AsyncIterator[None]:
        """Answer one call that checks and then writes; one at a time in this process."""
        async with self.call(operation), self._writing:
            yield

    async def account(self, account_id: str) -> SimAccount | None:
        """Return an account as readers see it, unless it is deleted."""
        found = await self._get(Kind.ACCOUNT, account_id, SimAccount)
        return None if found is None or found.is_deleted else found

    async def accounts(self) -> Mapping[str, SimAccount]:
        """Return all accounts as readers see them, deleted ones included."""
        return await self._list(Kind.ACCOUNT, SimAccount, self.now)

    async def true_accounts(self) -> Mapping[str, SimAccount]:
        """Return all accounts as they really are, deleted ones included."""
        return await self._list(Kind.ACCOUNT, SimAccount, _END_OF_TIME)

    async def group(self, group_id: str) -> SimGroup | None:
        """Return a group."""
        return await self._get(Kind.GROUP, group_id, SimGroup)

    async def groups(self) -> Mapping[str, SimGroup]:
        """Return all groups."""
        return await self._list(Kind.GROUP, SimGroup, self.now)

    async def memberships(self) -> Mapping[str, SimMembership]:
        """Return who is in which group as readers see it."""
        return await self._list(Kind.MEMBERSHIP, SimMembership, self.now)

    async def true_memberships(self) -> Mapping[str, SimMembership]:
        """Return who is in which group as it really is."""
        return await self._list(Kind.MEMBERSHIP, SimMembership, _END_OF_TIME)

    async def sites(self) -> Mapping[str, SimSite]:
        """Return all SharePoint sites."""
        return await self._list(Kind.SITE, SimSite, self.now)

    async def pool(self, pool_id: str) -> SimPool | None:
        """Return a licence pool."""
        return await self._get(Kind.POOL, pool_id, SimPool)

    async def change_account(
        self,
        operation: str,
        account_id: str,
        change: Callable[[SimAccount], SimAccount],
        **detail: object,
    ) -> None:
        """Change one account and note it in the ledger; readers see it late."""

        def changed(body: Body | None) -> Body | None:
            account = None if body is None else msgspec.convert(body, SimAccount)
            if account is None or account.is_deleted:
                raise PermanentTenantError("tenant.account_missing", {})
            return _body(change(account))

        await self._change(operation, (Kind.ACCOUNT, account_id), changed, detail)

    async def bin_account(self, operation: str, account_id: str, *, is_deleted: bool) -> None:
        """Move an account into the recycle bin or out of it, and note it in the ledger."""

        def changed(body: Body | None) -> Body | None:
            if body is None:
                raise PermanentTenantError("tenant.account_missing", {})
            account = msgspec.convert(body, SimAccount)
            return _body(msgspec.structs.replace(account, is_deleted=is_deleted))

        await self._change(operation, (Kind.ACCOUNT, account_id), changed, {})

    async def change_membership(self, operation: str, key: str, **flags: bool) -> None:
        """Change what an account is in a group and note it in the ledger; readers see it late.

        Args:
            operation: Method of the `Tenant` port.
            key: See `membership_id`.
            flags: `is_member` and `is_owner` as they become; the other stays as it was.
        """
        group, _, person = key.partition("/")
        nothing = SimMembership(group=group, person=person, is_member=False, is_owner=False)

        def changed(body: Body | None) -> Body | None:
            if body is None and not any(flags.values()):
                return None
            return _body(nothing) | (body or {}) | flags

        await self._change(operation, (Kind.MEMBERSHIP, key), changed, {})

    async def add_missing(self, kind: Kind, records: Mapping[str, _Record]) -> int:
        """Add those objects that are not there yet, by id; tell how many that were."""
        known = await self._objects.list(kind, _END_OF_TIME)
        missing = {key: record for key, record in records.items() if key not in known}
        return sum([await self.add(kind, key, record) for key, record in missing.items()])

    async def add(self, kind: Kind, object_id: str, record: _Record) -> bool:
        """Add an object that readers see at once; tell whether there was none yet."""
        is_new = False

        def unless_there(body: Body | None) -> Body:
            nonlocal is_new
            is_new = body is None
            return _body(record) if body is None else body

        now = self.now
        await self._objects.change(kind, object_id, unless_there, now, now)
        return is_new

    async def _change(
        self,
        operation: str,
        key: tuple[Kind, str],
        change: Callable[[Body | None], Body | None],
        detail: Mapping[str, object],
    ) -> None:
        now = self.now
        lag = timedelta(seconds=self._lag_s + self._faults.extra_lag_s(operation))
        done = (operation, detail)
        stamp = present_stamp()

        def in_time(body: Body | None) -> Body | None:
            if stamp is not None and stamp.is_late():
                raise TransientTenantError
            return change(body)

        await self._objects.change(key[0], key[1], in_time, now + lag, now, done=done)
        _LOGGER.info("simulated tenant changed", operation=operation, target=key[1])

    async def _get(self, kind: Kind, object_id: str, record: type[_Record]) -> _Record | None:
        body = await self._objects.get(kind, object_id, self.now)
        return None if body is None else msgspec.convert(body, record)

    async def _list(
        self, kind: Kind, record: type[_Record], now: datetime
    ) -> Mapping[str, _Record]:
        found = await self._objects.list(kind, now)
        return {key: msgspec.convert(body, record) for key, body in found.items()}


def _body(record: msgspec.Struct) -> Body:
    body: Body = msgspec.to_builtins(record)
    return body
