"""The half-filled request of each person, in PostgreSQL."""

from dataclasses import replace
from datetime import datetime
from typing import Final, LiteralString

from mutations.draft import Draft
from mutations.errors import ConcurrentUpdateError
from mutations.identity import ObjectId
from store.database import Connection
from store.documents import from_document, to_document

_BEGIN: Final[LiteralString] = """
insert into draft (person, version, body, updated_at)
values (%(person)s, %(version)s, %(body)s, %(at)s)
on conflict (person) do nothing
"""
# A draft that was sent or thrown away meanwhile does not come back.
_CHANGE: Final[LiteralString] = """
update draft set version = %(version)s, body = %(body)s, updated_at = %(at)s
where person = %(person)s and version = %(before)s and body ->> 'id' = %(id)s
"""
_TAKE: Final[LiteralString] = """
delete from draft where person = %s and version = %s and body ->> 'id' = %s
"""


class SqlDrafts:
    """The drafts as one transaction sees them."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def get(self, person: ObjectId) -> Draft | None:
        """Return the draft of a person."""
        cursor = await self._connection.execute(
            "select body from draft where person = %s", (person,)
        )
        row = await cursor.fetchone()
        return None if row is None else from_document(row["body"], Draft)

    async def save(self, draft: Draft) -> Draft:
        """Save a draft and return it with its new version.

        Raises:
            ConcurrentUpdateError: It was changed elsewhere first.
        """
        saved = replace(draft, version=draft.version + 1)
        cursor = await self._connection.execute(
            _CHANGE if draft.version else _BEGIN,
            {
                "person": draft.person,
                "id": draft.id,
                "version": saved.version,
                "before": draft.version,
                "body": to_document(saved),
                "at": self._now,
            },
        )
        if cursor.rowcount != 1:
            raise ConcurrentUpdateError
        return saved

    async def take(self, draft: Draft) -> None:
        """Take away a draft that becomes a request.

        Raises:
            ConcurrentUpdateError: It was changed or taken elsewhere first.
        """
        key = (draft.person, draft.version, draft.id)
        cursor = await self._connection.execute(_TAKE, key)
        if cursor.rowcount != 1:
            raise ConcurrentUpdateError

    async def delete(self, person: ObjectId) -> None:
        """Forget the draft of a person; no fault when there is none."""
        await self._connection.execute("delete from draft where person = %s", (person,))
