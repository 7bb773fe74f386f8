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
from bot.jobs.carry_out import OrderRunner
from bot.jobs.checklists import ChecklistLooker
from bot.jobs.deliver import Deliveries
from bot.jobs.metrics import JobMetrics
from bot.jobs.parked import ParkedJobs
from bot.jobs.posting import Posting
from bot.jobs.reach import Addresses, Reach
from bot.jobs.refresh import CardRefresher
from bot.jobs.registration import Runners, register_desk, register_jobs
from bot.order_wiring import carriers
from bot.probes import readiness_probes
from bot.register_file import load_register
from bot.settings import Mode, Settings
from bot.storage import Storage, open_storage
from bot.tenants import OpenTenant, microsoft365, simulated
from dialogs.conversation import Conversations
from dialogs.dates import load_languages
from dialogs.presenter import Presenter
from fulfilment.planner import TenantPlanner
from fulfilment.portal.client import PortalUnavailableError
from fulfilment.portal.planner import SupplierPlanner
from fulfilment.tenants.simulated.customer import SimulatedCustomer
from fulfilment.tenants.simulated.world import SimulatedWorld
from mutations.clock import Clock, local_date
from mutations.directory import DirectoryUnavailableError
from mutations.register import Register
from mutations.use_cases import UseCases, use_cases
from mutations.use_cases.context import Context
from store.health import Health
from store.tenant_quota import SqlTenantQuota
from texts.translator import load

TRANSIENT = (ConnectorUnavailableError, DirectoryUnavailableError, PortalUnavailableError)

_HEARTBEAT_SLACK_S: Final = 10.0  # a busy machine beats late without being dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The program, ready to serve and to work.

    Attributes:
        app: The web application with its addresses.
        seals: What binds every button to who got it; tests reach behind the seal with it.
        opened: The tenant whose accounts the orders change.
    """

    settings: Settings
    storage: Storage
    use_cases: UseCases
    channel: Channel
    app: web.Application
    seals: Seals
    opened: OpenTenant

    @property
    def world(self) -> SimulatedWorld:
        """The simulated tenant, for tests and demos to look into."""
        assert self.opened.world is not None, "the tenant is real"
        return self.opened.world

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
        opened = await _tenant(settings, clock, register, storage=storage, stack=stack)
        cases = _use_cases(settings, clock, register, storage=storage, opened=opened)
        yield await _assemble(
            settings, cases, storage=storage, channel=channel, opened=opened, metrics=edge
        )


async def _tenant(
    settings: Settings,
    clock: Clock,
    register: Register,
    *,
    storage: Storage,
    stack: AsyncExitStack,
) -> OpenTenant:
    if settings.is_real:
        quota = SqlTenantQuota(storage.database)
        return await stack.enter_async_context(microsoft365(settings, register, quota))
    return await simulated(settings, clock, register, storage.simulated_objects)


def _use_cases(
    settings: Settings,
    clock: Clock,
    register: Register,
    *,
    storage: Storage,
    opened: OpenTenant,
) -> UseCases:
    planner = TenantPlanner(opened.tenant, register)
    return use_cases(
        Context(
            store=storage.store,
            directory=opened.directory,
            planner=SupplierPlanner(planner) if settings.hands_over else planner,
            register=register,
            clock=clock,
            new_id=_new_id,
            recheck_every=settings.recheck_every,
        )
    )


async def _assemble(
    settings: Settings,
    cases: UseCases,
    *,
    storage: Storage,
    channel: Channel,
    opened: OpenTenant,
    metrics: EdgeMetrics,
) -> Bot:
    clock = cases.context.clock
    texts = load("nl")
    await asyncio.to_thread(load_languages)
    presenter = Presenter(texts, cases)
    carrier, desk = carriers(settings, storage, channel, cases, opened)
    orders = OrderRunner(cases, carrier, storage.store, bulk=opened.bulk)
    customer = SimulatedCustomer(opened.world, cases.context.register) if opened.world else None
    runners = Runners(orders=orders, checklists=ChecklistLooker(cases, storage.store, customer))
    _register_jobs(settings, storage, channel, cases, runners=runners, presenter=presenter)
    register_desk(storage.jobs, desk, ParkedJobs(storage.store, clock))
    is_simulated = opened.world is not None
    conversations = Conversations(texts, cases, presenter, simulated=is_simulated)
    app = _make_app(settings, storage, channel, conversations, clock=clock, metrics=metrics)
    if settings.hands_over:
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
        opened=opened,
        seals=channel.seals,
    )


def _register_jobs(
    settings: Settings,
    storage: Storage,
    channel: Channel,
    cases: UseCases,
    *,
    runners: Runners,
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
        runners=runners,
        parked=ParkedJobs(storage.store, cases.context.clock),
    )
    storage.jobs.register(
        "send_limits.remove_old", storage.send_limits.remove_old, cron="23 * * * *"
    )


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


def _new_id() -> str:
    return uuid4().hex
