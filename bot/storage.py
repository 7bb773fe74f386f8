"""Storage put together: one PostgreSQL, its repositories and the job engine on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.settings import Mode, Settings
from mutations.clock import Clock
from store.audit_protection import AuditNotProtectedError, check_protection
from store.conversation_references import SqlConversationReferences
from store.database import Database
from store.deliveries import SqlDeliveries
from store.embedded import EmbeddedPostgres
from store.job_runs import JobObserver
from store.jobs import JobEngine
from store.migration import migrate, require_up_to_date
from store.retention_records import SqlRetentionRecords
from store.send_limits import SqlSendLimits
from store.sent_cards import SqlSentCards
from store.simulated_objects import SqlSimulatedObjects
from store.step_journal import SqlStepJournal
from store.tenant_brake import SqlBrake
from store.unit_of_work import Store
from store.work import SqlStore

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Everything that remembers."""

    database: Database
    jobs: JobEngine
    store: SqlStore
    references: SqlConversationReferences
    sent_cards: SqlSentCards
    deliveries: SqlDeliveries
    send_limits: SqlSendLimits
    journal: SqlStepJournal
    retention_records: SqlRetentionRecords
    brake: SqlBrake
    simulated_objects: SqlSimulatedObjects


@asynccontextmanager
async def open_storage(
    settings: Settings,
    clock: Clock,
    *,
    transient: tuple[type[Exception], ...],
    observer: JobObserver,
) -> AsyncIterator[Storage]:
    """Open the database, starting an embedded one where no address is set.

    Args:
        settings: Say where the database is.
        clock: Time of everything that is written.
        transient: Errors after which a job is simply tried again.
        observer: Told how each run of a job ended.
    """
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        owner_url = settings.database_owner_url.get_secret_value()
        if not url:
            server = await asyncio.to_thread(
                EmbeddedPostgres.start, settings.data_dir / "postgres"
            )
            stack.push_async_callback(asyncio.to_thread, server.stop)
            url, owner_url = server.url, server.owner_url
        if owner_url:
            await asyncio.to_thread(migrate, owner_url)
        else:
            await asyncio.to_thread(require_up_to_date, url)
        database = Database(url)
        await database.open()
        stack.push_async_callback(database.close)
        await _check_protection(database, settings.mode)
        jobs = JobEngine(database, transient=transient, observer=observer)
        await jobs.open()
        yield Storage(
            database=database,
            jobs=jobs,
            store=SqlStore(Store(database, jobs), clock),
            references=SqlConversationReferences(database, clock),
            sent_cards=SqlSentCards(database),
            deliveries=SqlDeliveries(database, clock),
            send_limits=SqlSendLimits(database),
            journal=SqlStepJournal(database, clock),
            retention_records=SqlRetentionRecords(database),
            brake=SqlBrake(database, most=settings.changes_per_hour),
            simulated_objects=SqlSimulatedObjects(database, clock),
        )


async def _check_protection(database: Database, mode: Mode) -> None:
    """Refuse to be live with rights over the audit; a developer only hears of it."""
    try:
        await check_protection(database)
    except AuditNotProtectedError as error:
        if mode is Mode.LIVE:
            raise
        _log.warning("audit not protected", reason=str(error))
