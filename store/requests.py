"""Mutation requests in PostgreSQL: a few columns to find them by, the snapshot as a document."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg.errors import UniqueViolation

from mutations.authority import SERVICE_DESK_STATES, Viewer
from mutations.errors import ConcurrentUpdateError
from mutations.identity import ObjectId, RequestId, RequestNumber, request_number
from mutations.life_cycle import LEFT_NOTHING
from mutations.ports import OpenRequestExistsError
from mutations.reorganisation import ON_THE_WAY, Move
from mutations.request import MutationRequest
from store.database import Connection
from store.documents import from_document, to_document

_NEXT_NUMBER: Final[LiteralString] = """
insert into request_counter (year, last) values (%s, 1)
on conflict (year) do update set last = request_counter.last + 1
returning last
"""

_SKIP: Final[LiteralString] = """
insert into request_counter as counter (year, last)
select year, %(count)s from (select year from request_counter union select %(year)s) as years
on conflict (year) do update set last = counter.last + excluded.last
"""

_ADD: Final[LiteralString] = """
insert into request (id, number, version, state, is_open, subject, requester,
  source_entity, target_entity, body, created_at, updated_at)
values (%(id)s, %(number)s, %(version)s, %(state)s, %(is_open)s, %(subject)s, %(requester)s,
  %(source)s, %(target)s, %(body)s, %(at)s, %(at)s)
"""

_SAVE: Final[LiteralString] = """
update request set version = %(version)s, state = %(state)s, is_open = %(is_open)s,
  target_entity = %(target)s, body = %(body)s, updated_at = %(at)s
where id = %(id)s and version = %(before)s
"""

_CAME_AFTER: Final[LiteralString] = """
select body from request
where subject = %(subject)s and id <> %(id)s and not state = any(%(nothing)s)
  and created_at >= (select created_at from request where id = %(id)s)
order by created_at limit 1
"""

_VISIBLE: Final[LiteralString] = """
select body from request
where (requester = %(person)s or subject = %(person)s or source_entity = any(%(entities)s)
  or (%(service_desk)s and state = any(%(states)s)))
  and (is_open or not %(open_only)s)
order by is_open desc, created_at desc
limit %(limit)s
"""

_TOGETHER: Final[LiteralString] = """
select count(*) as together from (
  select from request
  where source_entity = %(source)s and target_entity = %(target)s and state = any(%(states)s)
    and body ->> 'start_on' = %(start_on)s
  limit %(most)s
) as found
"""


class SqlRequests:
    """The requests as one transaction sees them."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def next_number(self, year: int) -> RequestNumber:
        """Return the next number of `year`; others wait for theirs until this transaction ends."""
        cursor = await self._connection.execute(_NEXT_NUMBER, (year,))
        row = await cursor.fetchone()
        assert row is not None
        return request_number(year, row["last"])

    async def skip_numbers(self, year: int, count: int) -> None:
        """Give out none of the next `count` numbers of any year so far, `year` included."""
        await self._connection.execute(_SKIP, {"year": year, "count": count})

    async def add(self, request: MutationRequest) -> None:
        """Keep a new request; the index of open requests guards against a second one.

        Raises:
            OpenRequestExistsError: The colleague has another open request.
            ConcurrentUpdateError: The same request was added in the meantime.
        """
        try:
            async with self._connection.transaction():
                await self._connection.execute(_ADD, self._columns(request))
        except UniqueViolation as error:
            if error.diag.constraint_name == "request_pkey":
                raise ConcurrentUpdateError from error
            if error.diag.constraint_name != "request_one_open_per_subject":
                raise
            other = await self.open_for(request.subject.object_id)
            raise OpenRequestExistsError(number=other.number if other else "") from error

    async def get(self, request_id: RequestId) -> MutationRequest | None:
        """Return one request as it was last saved."""
        return await self._one("select body from request where id = %s", request_id)

    async def by_number(self, number: RequestNumber) -> MutationRequest | None:
        """Return the request with a number."""
        return await self._one("select body from request where number = %s", number)

    async def open_for(self, subject: ObjectId) -> MutationRequest | None:
        """Return the open request about a colleague."""
        return await self._one("select body from request where subject = %s and is_open", subject)

    async def save(self, request: MutationRequest) -> MutationRequest:
        """Save what was changed and return it with its new version.

        Raises:
            ConcurrentUpdateError: Somebody saved a newer version first, or opened another request
                about the colleague before this one opens again.
        """
        saved = replace(request, version=request.version + 1)
        columns = self._columns(saved) | {"before": request.version}
        try:
            cursor = await self._connection.execute(_SAVE, columns)
        except UniqueViolation as error:
            raise ConcurrentUpdateError from error
        if cursor.rowcount != 1:
            raise ConcurrentUpdateError
        return saved

    async def came_after(self, request: MutationRequest) -> MutationRequest | None:
        """Return the first later request about the same colleague that may have changed something.

        Those that ended before anything was changed do not count.
        """
        keys = {
            "subject": request.subject.object_id,
            "id": request.id,
            "nothing": list(LEFT_NOTHING),
        }
        cursor = await self._connection.execute(_CAME_AFTER, keys)
        row = await cursor.fetchone()
        return None if row is None else _request(row["body"])

    async def together(self, move: Move, *, most: int) -> int:
        """Return how many orders of a move are on the way; counts no further than `most`."""
        values = {
            "source": move.source,
            "target": move.target,
            "start_on": move.start_on.isoformat(),
            "states": list(ON_THE_WAY),
            "most": most,
        }
        row = await (await self._connection.execute(_TOGETHER, values)).fetchone()
        assert row is not None
        return int(row["together"])

    async def visible_to(
        self, viewer: Viewer, *, limit: int, open_only: bool = False
    ) -> Sequence[MutationRequest]:
        """Return what the viewer is involved in, open ones first, then the newest."""
        parameters = {
            "open_only": open_only,
            "person": viewer.person,
            "entities": list(viewer.decides_for),
            "service_desk": viewer.service_desk,
            "states": list(SERVICE_DESK_STATES),
            "limit": limit,
        }
        cursor = await self._connection.execute(_VISIBLE, parameters)
        return [_request(row["body"]) for row in await cursor.fetchall()]

    async def _one(self, query: LiteralString, key: str) -> MutationRequest | None:
        cursor = await self._connection.execute(query, (key,))
        row = await cursor.fetchone()
        return None if row is None else _request(row["body"])

    def _columns(self, request: MutationRequest) -> dict[str, Any]:
        return {
            "id": request.id,
            "number": request.number,
            "version": request.version,
            "state": request.state,
            "is_open": request.is_open,
            "subject": request.subject.object_id,
            "requester": request.requester.object_id,
            "source": request.source,
            "target": request.target,
            "body": to_document(request),
            "at": self._now,
        }


def _request(body: object) -> MutationRequest:
    return from_document(body, MutationRequest)
