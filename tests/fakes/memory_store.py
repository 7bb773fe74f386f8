"""A fake of storage: transactions on dictionaries, undone when something is refused."""

import copy
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar, cast

from mutations.authority import Viewer, roles
from mutations.draft import Draft
from mutations.errors import ConcurrentUpdateError
from mutations.identity import EntityCode, ObjectId, RequestId, RequestNumber, request_number
from mutations.jobs import Job
from mutations.life_cycle import LEFT_NOTHING
from mutations.ports import OpenRequestExistsError, Reading, Work
from mutations.reorganisation import ON_THE_WAY, Move
from mutations.request import MutationRequest

T = TypeVar("T")


@dataclass(frozen=True)
class AuditRow:
    """One line of the audit."""

    kind: str
    at: datetime
    actor: ObjectId | None
    request_id: RequestId | None
    params: Mapping[str, object]


@dataclass
class _Contents:
    requests: dict[RequestId, MutationRequest] = field(default_factory=dict)
    drafts: dict[ObjectId, Draft] = field(default_factory=dict)
    held: dict[RequestId, tuple[EntityCode, tuple[str, ...]]] = field(default_factory=dict)
    audit: list[AuditRow] = field(default_factory=list)
    jobs: list[tuple[Job, datetime | None]] = field(default_factory=list)
    last: dict[int, int] = field(default_factory=dict)


class MemoryStore:
    """Implements `mutations.ports.Store`; what it holds is open to tests."""

    def __init__(self) -> None:
        self.contents = _Contents()
        self._ids = itertools.count(1)

    def new_id(self) -> str:
        """Return an id that was not given before."""
        return f"{next(self._ids):032x}"

    async def read(self, look: Callable[[Reading], Awaitable[T]]) -> T:
        return await look(cast("Reading", _Work(self.contents)))

    async def run(self, act: Callable[[Work], Awaitable[T]]) -> T:
        before = copy.deepcopy(self.contents)
        try:
            return await act(cast("Work", _Work(self.contents)))
        except BaseException:
            self.contents = before
            raise


class _Work:
    def __init__(self, contents: _Contents) -> None:
        self.requests = _Requests(contents)
        self.drafts = _Drafts(contents)
        self.reservations = _Reservations(contents)
        self.audit = _Audit(contents)
        self.jobs = _Jobs(contents)


@dataclass(frozen=True)
class _Requests:
    contents: _Contents

    async def next_number(self, year: int) -> RequestNumber:
        self.contents.last[year] = self.contents.last.get(year, 0) + 1
        return request_number(year, self.contents.last[year])

    async def add(self, request: MutationRequest) -> None:
        other = await self.open_for(request.subject.object_id)
        if other is not None and request.is_open:
            raise OpenRequestExistsError(number=other.number)
        self.contents.requests[request.id] = request

    async def get(self, request_id: RequestId) -> MutationRequest | None:
        return self.contents.requests.get(request_id)

    async def by_number(self, number: RequestNumber) -> MutationRequest | None:
        everything = self.contents.requests.values()
        return next((one for one in everything if one.number == number), None)

    async def open_for(self, subject: ObjectId) -> MutationRequest | None:
        everything = self.contents.requests.values()
        return next(
            (one for one in everything if one.is_open and one.subject.object_id == subject), None
        )

    async def came_after(self, request: MutationRequest) -> MutationRequest | None:
        since = self.contents.requests[request.id].created_at
        return next(
            (
                one
                for one in self.contents.requests.values()
                if one.subject.object_id == request.subject.object_id
                and one.id != request.id
                and one.state not in LEFT_NOTHING
                and one.created_at >= since
            ),
            None,
        )

    async def save(self, request: MutationRequest) -> MutationRequest:
        if self.contents.requests[request.id].version != request.version:
            raise ConcurrentUpdateError
        other = await self.open_for(request.subject.object_id)
        if request.is_open and other is not None and other.id != request.id:
            raise ConcurrentUpdateError
        saved = replace(request, version=request.version + 1)
        self.contents.requests[request.id] = saved
        return saved

    async def together(self, move: Move, *, most: int) -> int:
        everything = self.contents.requests.values()
        found = [one for one in everything if one.state in ON_THE_WAY and Move.of(one) == move]
        return min(len(found), most)

    async def visible_to(
        self, viewer: Viewer, *, limit: int, open_only: bool = False
    ) -> Sequence[MutationRequest]:
        everything = self.contents.requests.values()
        found = [
            one for one in everything if roles(one, viewer) and (one.is_open or not open_only)
        ]
        return found[:limit]


@dataclass(frozen=True)
class _Drafts:
    contents: _Contents

    async def get(self, person: ObjectId) -> Draft | None:
        return self.contents.drafts.get(person)

    async def save(self, draft: Draft) -> Draft:
        self._require_same(draft)
        saved = replace(draft, version=draft.version + 1)
        self.contents.drafts[draft.person] = saved
        return saved

    async def take(self, draft: Draft) -> None:
        self._require_same(draft)
        del self.contents.drafts[draft.person]

    def _require_same(self, draft: Draft) -> None:
        known = self.contents.drafts.get(draft.person)
        seen = (draft.id, draft.version) if draft.version else None
        if seen != (None if known is None else (known.id, known.version)):
            raise ConcurrentUpdateError

    async def delete(self, person: ObjectId) -> None:
        self.contents.drafts.pop(person, None)


@dataclass(frozen=True)
class _Reservations:
    contents: _Contents

    async def lock(self, _: EntityCode) -> None:
        """Nobody else counts: there is one transaction at a time."""

    async def held_by_others(self, request_id: RequestId, entity: EntityCode) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for holder, (of, pools) in self.contents.held.items():
            if holder != request_id and of == entity:
                for pool in pools:
                    found[pool] = found.get(pool, 0) + 1
        return found

    async def hold(self, request_id: RequestId, entity: EntityCode, pools: Sequence[str]) -> None:
        self.contents.held[request_id] = (entity, tuple(pools))

    async def release(self, request_id: RequestId) -> None:
        self.contents.held.pop(request_id, None)


@dataclass(frozen=True)
class _Audit:
    contents: _Contents

    async def append(
        self,
        kind: str,
        *,
        at: datetime,
        actor: ObjectId | None,
        request_id: RequestId | None,
        params: Mapping[str, object],
    ) -> None:
        self.contents.audit.append(AuditRow(kind, at, actor, request_id, dict(params)))


@dataclass(frozen=True)
class _Jobs:
    contents: _Contents

    async def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        self.contents.jobs.append((job, at))
