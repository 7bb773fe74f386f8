"""The composition root: the one place where the parts of the program are put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.audit.kept import audit_kept
from bot.chat_memory import ChatMemory
from bot.demo.personas import service_urls
from bot.edge.adapter import EdgeAdapter
from bot.edge.delivery_errors import ConnectorUnavailableError
from bot.edge.http import make_app
from bot.edge.metrics import EdgeMetrics
from bot.edge.pace import TeamsPace
from bot.edge.portal_callbacks import ORDER_STATUS_PATH, PortalCallbacks
from bot.edge.seals import Seals
from bot.edge.turn_boundary import TurnBoundary
from bot.edge.turn_limits import TurnLimits
from bot.edge_wiring import Channel, open_channel
from bot.jobs.carriers import Carrier, OwnWork, SupplierWork
from bot.jobs.carry_out import OrderRunner
from bot.jobs.deliver import Deliveries
from bot.jobs.hand_over import OrderDesk
from bot.jobs.metrics import JobMetrics
from bot.jobs.parked import ParkedJobs
from bot.jobs.posting import Posting
from bot.jobs.reach import Addresses, Reach
from bot.jobs.refresh import CardRefresher
from bot.jobs.registration import register_desk, register_jobs
from bot.probes import readiness_probes
from bot.register_file import load_register
from bot.settings import Mode, Settings, TenantKind
from bot.storage import Storage, open_storage
from dialogs.conversation import Conversations
from dialogs.dates import load_languages
from dialogs.presenter import Presenter
from fulfilment.engine import Engine
from fulfilment.planner import TenantPlanner
from fulfilment.portal.client import Portal, PortalUnavailableError
from fulfilment.portal.engine import SupplierEngine
from fulfilment.step_run import Pace
from fulfilment.tenants.simulated.directory import SimulatedDirectory
from fulfilment.tenants.simulated.faults import FaultPlan
from fulfilment.tenants.simulated.seed import demo_world, seed
from fulfilment.tenants.simulated.tenant import SimulatedTenant
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.clock import Clock, local_date
from mutations.directory import DirectoryUnavailableError
from mutations.register import Register
from mutations.use_cases import UseCases, use_cases
from mutations.use_cases.context import Context
from store.health import Health
from texts.translator import load

TRANSIENT = (ConnectorUnavailableError, DirectoryUnavailableError, PortalUnavailableError)

_HEARTBEAT_SLACK_S: Final = 10.0  # a busy machine beats late without being dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The program, ready to serve and to work.

    Attributes:
        app: The web application with its addresses.
        seals: What binds every button to who got it; tests reach behind the seal with it.
        world: The simulated tenant, for tests and demos to look into.
    """

    settings: Settings
    storage: Storage
    use_cases: UseCases
    channel: Channel
    app: web.Application
    seals: Seals
    world: SimulatedWorld

    async def work(self) -> None:
        """Do jobs until cancelled."""
        await self.storage.jobs.run_worker(self.settings.worker_settings)


@asynccontextmanager
async def assembled(settings: Settings, clock: Clock) -> AsyncIterator[Bot]:
    """Put the program together and take it apart again.

    Raises:
        RegisterFileError: The register has faults.
        AuditKeyError, AuditNotProtectedError: The audit could not be trusted.
        DatabaseNewerError, DatabaseUnavailableError, EmbeddedPostgresError: No storage.
    """
    register = load_register(settings.register_file, today=local_date(clock.now()))
    metrics = CollectorRegistry()
    async with AsyncExitStack() as stack:
        observer = JobMetrics(metrics).observe
        storage = await stack.enter_async_context(
            open_storage(settings, clock, transient=TRANSIENT, observer=observer)
        )
        edge = EdgeMetrics(metrics)
        await stack.enter_async_context(
            audit_kept(settings, clock, storage, refusals=edge.refusals, registry=metrics)
        )
        channel = await stack.enter_async_context(open_channel(settings, clock))
        yield await _assemble(
            settings, clock, register, storage=storage, channel=channel, metrics=edge
        )


async def _assemble(
    settings: Settings,
    clock: Clock,
    register: Register,
    *,
    storage: Storage,
    channel: Channel,
    metrics: EdgeMetrics,
) -> Bot:
    world = SimulatedWorld(
        storage.simulated_objects,
        clock=clock,
        lag_s=settings.simulated_lag_s,
        faults=FaultPlan.parse(settings.simulated_faults),
    )
    await seed(world, demo_world(), register=register)
    tenant = SimulatedTenant(world, domains=_domains(register))
    hands_over = settings.tenant is TenantKind.ORDER_PORTAL
    cases = use_cases(
        Context(
            store=storage.store,
            directory=SimulatedDirectory(world, tenant, register=register),
            planner=TenantPlanner(tenant, register),
            register=register,
            clock=clock,
            new_id=_new_id,
            recheck_every=settings.recheck_every,
            hands_over=hands_over,
        )
    )
    engine = (SupplierEngine if hands_over else Engine)(
        tenant,
        journal=storage.journal,
        records=storage.retention_records,
        clock=clock,
        pace=Pace(
            poll_s=settings.verify_every_s,
            hand_poll_s=settings.recheck_every.total_seconds(),
        ),
    )
    texts = load("nl")
    await asyncio.to_thread(load_languages)
    presenter = Presenter(texts, cases)
    _register_jobs(settings, storage, channel, cases, engine=engine, presenter=presenter)
    conversations = Conversations(texts, cases, presenter, simulated=True)
    app = _make_app(settings, storage, channel, conversations, clock=clock, metrics=metrics)
    if hands_over:
        callbacks = PortalCallbacks(
            cases, keys=settings.portal_callback_keys, clock=clock, metrics=metrics
        )
        app.router.add_post(ORDER_STATUS_PATH, callbacks.status)
    return Bot(
        settings=settings,
        storage=storage,
        use_cases=cases,
        channel=channel,
        app=app,
        world=world,
        seals=channel.seals,
    )


def _register_jobs(
    settings: Settings,
    storage: Storage,
    channel: Channel,
    cases: UseCases,
    *,
    engine: Engine,
    presenter: Presenter,
) -> None:
    addresses = Addresses(
        service_url=settings.service_url,
        own=service_urls(settings.playground_port) if settings.mode is Mode.LOCAL else {},
        tenant_id=channel.tenant_id,
        bot_id=channel.bot_id,
    )
    pace = TeamsPace(
        storage.send_limits,
        tenant_id=channel.tenant_id,
        tenant_per_s=settings.tenant_sends_per_s,
    )
    messages = channel.messages.paced(pace)
    reach = Reach(storage.references, messages, addresses)
    posting = Posting(
        messages,
        reach,
        deliveries=storage.deliveries,
        seals=channel.seals,
    )
    parked = ParkedJobs(storage.store, cases.context.clock)
    carrier: Carrier = OwnWork(engine)
    if isinstance(engine, SupplierEngine):
        carrier = _open_desk(settings, storage, channel, cases, engine=engine, parked=parked)
    register_jobs(
        storage.jobs,
        cases,
        deliveries=Deliveries(
            storage.store,
            presenter,
            posting,
            deliveries=storage.deliveries,
            clock=cases.context.clock,
        ),
        refresher=CardRefresher(
            storage.store,
            presenter,
            messages,
            reach=reach,
            sent_cards=storage.sent_cards,
            seals=channel.seals,
        ),
        orders=OrderRunner(cases, carrier, storage.store),
        parked=parked,
    )
    storage.jobs.register(
        "send_limits.remove_old", storage.send_limits.remove_old, cron="23 * * * *"
    )


def _open_desk(
    settings: Settings,
    storage: Storage,
    channel: Channel,
    cases: UseCases,
    *,
    engine: SupplierEngine,
    parked: ParkedJobs,
) -> SupplierWork:
    """Let a supplier carry the orders out."""
    context = cases.context
    work = SupplierWork(engine, cases, supplier=context.register.contract.supplier)
    portal = Portal(
        channel.session, settings.portal_url, keys=settings.portal_keys, clock=context.clock
    )
    register_desk(storage.jobs, OrderDesk(portal, cases, work, storage.store), parked)
    return work


def _make_app(
    settings: Settings,
    storage: Storage,
    channel: Channel,
    conversations: Conversations,
    *,
    clock: Clock,
    metrics: EdgeMetrics,
) -> web.Application:
    memory = ChatMemory(
        storage.store,
        references=storage.references,
        sent_cards=storage.sent_cards,
        deliveries=storage.deliveries,
        clock=clock,
    )
    boundary = TurnBoundary(
        conversations,
        memory,
        seals=channel.seals,
        metrics=metrics,
        new_id=_new_id,
        limits=TurnLimits(conversation_s=settings.turn_timeout_s, at_once=settings.max_turns),
    )
    probes = readiness_probes(
        Health(storage.database),
        has_keys=lambda: channel.keys is None or channel.keys.ready,
        worker_silence_s=settings.dead_worker_after_s + _HEARTBEAT_SLACK_S,
    )
    adapter = EdgeAdapter(channel.turns, boundary.on_turn)
    return make_app(channel.gate, adapter, metrics=metrics, probes=probes)


def _domains(register: Register) -> frozenset[str]:
    entities = register.entities.values()
    return frozenset(domain for each in entities if each.on_tenant for domain in each.domains)


def _new_id() -> str:
    return uuid4().hex
