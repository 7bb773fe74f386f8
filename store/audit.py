"""The record of who did what and when; written once, never changed."""

from collections.abc import Mapping
from datetime import datetime

from psycopg.types.json import Jsonb

from mutations.identity import ObjectId, RequestId
from store.database import Connection


async def append(
    connection: Connection,
    *,
    at: datetime,
    kind: str,
    actor: ObjectId | None,
    request_id: RequestId | None,
    params: Mapping[str, object],
) -> None:
    """Add one line: it stands exactly when the change it tells of stands.

    Args:
        connection: Open in the transaction that makes the change.
        at: When it happened, aware.
        kind: What happened: a stable English key, past tense.
        actor: Who did it; None for the bot itself.
        request_id: The request it is about, if any.
        params: Facts in JSON values; ids, no texts that people typed.
    """
    await connection.execute(
        "insert into audit (at, request_id, actor, kind, params) values (%s, %s, %s, %s, %s)",
        (at, request_id, actor, kind, Jsonb(dict(params))),
    )
