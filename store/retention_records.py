"""How long data of order B is kept, in PostgreSQL: our own, durable record (R8)."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from mutations.identity import ObjectId, RequestId
from store.database import Database


class NewRecord(Protocol):
    """A record to keep; days are calendar days in Brussels."""

    @property
    def request_id(self) -> RequestId:
        """The order that started it."""
        ...

    @property
    def subject(self) -> ObjectId:
        """Whose data it is."""
        ...

    @property
    def kind(self) -> str:
        """What is kept."""
        ...

    @property
    def starts_on(self) -> date:
        """First day."""
        ...

    @property
    def ends_on(self) -> date:
        """Last day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRow:
    """A record as stored."""

    starts_on: date
    ends_on: date


class SqlRetentionRecords:
    """Keeps one record per request; each call is committed on its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: NewRecord) -> None:
        """Keep a record; a second one for the same request changes nothing."""
        async with self._database.connection() as connection:
            await connection.execute(
                "insert into retention_record (request_id, subject, kind, starts_on, ends_on)"
                " values (%s, %s, %s, %s, %s) on conflict do nothing",
                (
                    record.request_id,
                    record.subject,
                    record.kind,
                    record.starts_on,
                    record.ends_on,
                ),
            )

    async def remove(self, request_id: RequestId) -> None:
        """Forget the record of a request; no fault when there is none."""
        async with self._database.connection() as connection:
            await connection.execute(
                "delete from retention_record where request_id = %s", (request_id,)
            )

    async def get(self, request_id: RequestId) -> RetentionRow | None:
        """Return the record of a request."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "select starts_on, ends_on from retention_record where request_id = %s",
                (request_id,),
            )
            row = await cursor.fetchone()
        return None if row is None else RetentionRow(**row)
