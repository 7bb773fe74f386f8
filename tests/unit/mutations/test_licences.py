"""Licences are counted so that the last one is never promised twice (R13)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from mutations.directory import Directory, PoolCount
from mutations.identity import EntityCode, RequestId
from mutations.licences import check_pools, count_pools, reserve
from mutations.ports import Work
from mutations.register import Register
from tests.unit.mutations.strategies import POOLS, TARGET, THIRD, laws, pauses, registers

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
small = st.integers(min_value=0, max_value=4)
pool_counts = st.builds(PoolCount, total=small, in_use=small)
counts = st.fixed_dictionaries(dict.fromkeys(POOLS, pool_counts))
reservations = st.dictionaries(st.sampled_from(POOLS), small)


@dataclass
class PoolDirectory:
    """Directory that knows the pools of one entity."""

    entity: EntityCode
    pools: Mapping[str, PoolCount]

    async def licences(self, entity: EntityCode, pool: str) -> PoolCount | None:
        return self.pools.get(pool) if entity == self.entity else None


@dataclass
class ReservationBook:
    """Reservations in memory; refuses to count without the lock."""

    held: dict[RequestId, tuple[EntityCode, tuple[str, ...]]] = field(default_factory=dict)
    locked: set[EntityCode] = field(default_factory=set)

    async def lock(self, entity: EntityCode) -> None:
        self.locked.add(entity)

    async def held_by_others(self, request_id: RequestId, entity: EntityCode) -> Mapping[str, int]:
        assert entity in self.locked
        others = (
            pools
            for other, (where, pools) in self.held.items()
            if other != request_id and where == entity
        )
        return Counter(name for pools in others for name in pools)

    async def hold(self, request_id: RequestId, entity: EntityCode, pools: Sequence[str]) -> None:
        assert entity in self.locked
        self.held[request_id] = (entity, tuple(pools))

    async def release(self, request_id: RequestId) -> None:
        self.held.pop(request_id, None)


@dataclass
class Transaction:
    """The part of a transaction that counting licences needs."""

    reservations: ReservationBook

    def as_work(self) -> Work:
        return cast("Work", self)


def left(found: Mapping[str, PoolCount], reserved: Mapping[str, int]) -> list[int]:
    return [one.total - one.in_use - reserved.get(name, 0) for name, one in found.items()]


@laws
@given(found=counts, reserved=reservations)
def test_check_holds_exactly_when_each_pool_has_one_left(
    found: dict[str, PoolCount], reserved: dict[str, int]
) -> None:
    check = check_pools(found, reserved, at=NOW)

    assert check.holds is (min(left(found, reserved)) > 0)
    assert [pool.free for pool in check.pools] == left(found, reserved)
    assert [pool.pool for pool in check.pools] == list(found)


@laws
@given(found=counts, reserved=reservations, name=st.sampled_from(POOLS), more=small)
def test_more_reservations_never_make_a_licence_free(
    found: dict[str, PoolCount], reserved: dict[str, int], name: str, more: int
) -> None:
    fuller = {**reserved, name: reserved.get(name, 0) + more}

    before, after = (check_pools(found, held, at=NOW).holds for held in (reserved, fuller))

    assert before >= after


looks = st.lists(st.tuples(counts, reservations, pauses), min_size=1, max_size=6)


@laws
@given(history=looks)
def test_since_is_the_first_look_of_the_present_answer(
    history: list[tuple[dict[str, PoolCount], dict[str, int], timedelta]],
) -> None:
    at, since, answer, check = NOW, NOW, None, None
    for found, reserved, pause in history:
        at += pause
        holds = min(left(found, reserved)) > 0
        since = since if holds is answer else at
        answer = holds

        check = check_pools(found, reserved, at=at, before=check)

        assert (check.holds, check.since, check.checked_at) == (answer, since, at)


@laws
@given(found=counts, number=st.integers(1, 6))
async def test_as_many_requests_get_a_licence_as_there_are(
    found: dict[str, PoolCount], number: int
) -> None:
    book = ReservationBook()
    checks = [
        await reserve(Transaction(book).as_work(), RequestId(f"r{n}"), TARGET, found, at=NOW)
        for n in range(number)
    ]

    free = max(0, min(left(found, {})))
    assert [check.holds for check in checks] == [n < free for n in range(number)]
    assert set(book.held) == {f"r{n}" for n in range(min(number, free))}


@laws
@given(found=counts, times=st.integers(2, 5))
async def test_reserving_again_takes_no_second_licence(
    found: dict[str, PoolCount], times: int
) -> None:
    book = ReservationBook()
    work = Transaction(book).as_work()

    answers = {
        (await reserve(work, RequestId("r"), TARGET, found, at=NOW)).holds for _ in range(times)
    }

    assert len(answers) == 1
    assert len(book.held) == sum(answers)


@laws
@given(found=counts)
async def test_released_licence_goes_to_the_next_request(found: dict[str, PoolCount]) -> None:
    book = ReservationBook()
    work = Transaction(book).as_work()
    first = await reserve(work, RequestId("r1"), TARGET, found, at=NOW)

    await book.release(RequestId("r1"))
    second = await reserve(work, RequestId("r2"), TARGET, found, at=NOW, before=first)

    assert second.holds is first.holds


@laws
@given(found=counts)
async def test_reservations_of_another_entity_do_not_count(found: dict[str, PoolCount]) -> None:
    book = ReservationBook()
    work = Transaction(book).as_work()

    elsewhere = await reserve(work, RequestId("r1"), THIRD, found, at=NOW)
    here = await reserve(work, RequestId("r2"), TARGET, found, at=NOW)

    assert here.holds is elsewhere.holds
    assert [pool.reserved for pool in here.pools] == [0, 0, 0]


@laws
@given(register=registers, found=st.dictionaries(st.sampled_from(POOLS), pool_counts))
async def test_profile_and_both_shared_pools_are_counted_and_a_missing_one_is_empty(
    register: Register, found: dict[str, PoolCount]
) -> None:
    directory = cast("Directory", PoolDirectory(TARGET, found))

    counted = await count_pools(directory, register, entity=TARGET, profile="Kenniswerker")

    empty = PoolCount(total=0, in_use=0)
    assert counted == {name: found.get(name, empty) for name in POOLS}
    assert check_pools(counted, {}, at=NOW).holds <= (set(found) == set(POOLS))
