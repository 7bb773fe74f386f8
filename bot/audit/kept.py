"""The audit kept while the program runs: refusals of the gate written down, the head anchored."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from prometheus_client import CollectorRegistry, Counter

from bot.audit.anchor import ANCHOR_AUDIT, AuditAnchor
from bot.audit.gate_record import GateRecord
from bot.audit.keys import read_private_key
from bot.settings import Settings
from bot.storage import Storage
from mutations.clock import Clock

_EVERY_MINUTE = "* * * * *"

_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def audit_kept(
    settings: Settings,
    clock: Clock,
    storage: Storage,
    *,
    refusals: Counter,
    registry: CollectorRegistry,
) -> AsyncIterator[None]:
    """Keep the audit for as long as the block lasts; its end is recorded and anchored as well.

    Args:
        settings: Say where the anchor is, if anywhere.
        clock: Time of what is written.
        storage: Open.
        refusals: Counts what the gate refuses, by reason.
        registry: Where the anchor counts.

    Raises:
        AuditKeyError: The key that signs the anchor cannot be read.
    """
    record = GateRecord(refusals, store=storage.store, clock=clock)
    anchor = _anchor(settings, clock, storage, registry)
    if anchor is not None:
        storage.jobs.register(ANCHOR_AUDIT, anchor.write, cron=_EVERY_MINUTE)
    keeping = asyncio.create_task(_for_ever(record))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        try:
            await record.write()
        finally:
            if anchor is not None:
                await anchor.write()


async def _for_ever(record: GateRecord) -> None:
    """Keep the record whatever becomes of one write."""
    while True:
        [fault] = await asyncio.gather(record.keep(), return_exceptions=True)
        _log.error("refusals not recorded, tried again", error=type(fault).__name__)


def _anchor(
    settings: Settings, clock: Clock, storage: Storage, registry: CollectorRegistry
) -> AuditAnchor | None:
    if settings.audit_anchor is None or settings.audit_key is None:
        return None
    return AuditAnchor(
        settings.audit_anchor,
        read_private_key(settings.audit_key),
        database=storage.database,
        clock=clock,
        registry=registry,
    )
