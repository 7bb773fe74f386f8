"""Counting licences so that no two requests ever count the same last one (R13)."""

from collections.abc import Mapping
from datetime import datetime

from mutations.directory import Directory, PoolCount
from mutations.identity import EntityCode, RequestId
from mutations.ports import Work
from mutations.register import Register
from mutations.request import LicenceCheck, PoolNumbers


async def count_pools(
    directory: Directory, register: Register, *, entity: EntityCode, profile: str
) -> Mapping[str, PoolCount]:
    """Return the numbers of every pool that a colleague with `profile` needs in `entity`.

    A pool that the entity does not have counts as empty.

    Raises:
        DirectoryUnavailableError: The numbers cannot be read now.
    """
    names = (profile, *register.contract.shared_pools)
    counts = {name: await directory.licences(entity, name) for name in names}
    return {name: count or PoolCount(total=0, in_use=0) for name, count in counts.items()}


def counted(check: LicenceCheck) -> Mapping[str, PoolCount]:
    """Return the numbers that a check was made from."""
    return {one.pool: PoolCount(total=one.total, in_use=one.in_use) for one in check.pools}


def check_pools(
    counts: Mapping[str, PoolCount],
    reserved: Mapping[str, int],
    *,
    at: datetime,
    before: LicenceCheck | None = None,
) -> LicenceCheck:
    """Return the state of the pools at a moment; `since` stays while the answer stays the same."""
    pools = tuple(
        PoolNumbers(
            pool=name, total=count.total, in_use=count.in_use, reserved=reserved.get(name, 0)
        )
        for name, count in counts.items()
    )
    check = LicenceCheck(pools=pools, since=at, checked_at=at)
    if before is not None and before.holds == check.holds:
        return LicenceCheck(pools=pools, since=before.since, checked_at=at)
    return check


async def reserve(
    work: Work,
    request_id: RequestId,
    entity: EntityCode,
    counts: Mapping[str, PoolCount],
    *,
    at: datetime,
    before: LicenceCheck | None = None,
) -> LicenceCheck:
    """Set a licence of each pool aside if all have one left, and return what was counted."""
    await work.reservations.lock(entity)
    reserved = await work.reservations.held_by_others(request_id, entity)
    check = check_pools(counts, reserved, at=at, before=before)
    if check.holds:
        await work.reservations.hold(request_id, entity, tuple(counts))
    return check
