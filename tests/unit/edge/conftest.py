"""A bot on the real edge, with an echo for a conversation, between two fake servers."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.edge.adapter import EdgeAdapter
from bot.edge.connector import Connector, RetryPolicy
from bot.edge.gate import Gate, GatePolicy
from bot.edge.http import make_app, make_runner
from bot.edge.metrics import EdgeMetrics
from bot.edge.seals import Seals
from bot.edge.signing_keys import KeyTimes, SigningKeys
from bot.edge.token_verifier import TokenVerifier
from bot.edge.tokens import NoTokens
from bot.edge.turn_boundary import TurnBoundary
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.clock import FakeClock
from tests.fakes.echo_conversation import EchoConversation, RecordingReferences
from tests.fakes.loopback_server import end
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient, World

APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT_ID = "99999999-8888-7777-6666-555555555555"
ANN = Persona("Ann Peeters", "aaaaaaaa-0000-4000-8000-000000000001")
BEN = Persona("Ben Claes", "aaaaaaaa-0000-4000-8000-000000000002")
LOOPBACK = frozenset({"127.0.0.1"})
QUICK = RetryPolicy(
    attempts=3, total_s=5, first_wait_s=0.01, longest_wait_s=0.2, jitter_s=0.01, request_s=1
)


@dataclass
class Edge:
    """The running edge and everything around it."""

    clock: FakeClock
    signer: FakeBotFramework
    connector: FakeConnector
    session: aiohttp.ClientSession
    conversation: EchoConversation
    references: RecordingReferences
    metrics: EdgeMetrics
    probes: dict[str, bool | str] = field(default_factory=dict)
    monotonic: float = 0.0
    bot_url: str = ""

    def world(self, *, signed: bool = True) -> World:
        return World(
            bot_url=self.bot_url,
            connector=self.connector,
            session=self.session,
            app_id=APP_ID,
            tenant_id=TENANT_ID,
            signer=self.signer if signed else None,
            seals=self.seals,
        )

    @property
    def seals(self) -> Seals:
        return Seals([b"a key of the test" * 2], clock=self.clock, max_age=timedelta(days=1))

    def sent(self, card: Mapping[str, object], to: Persona = ANN) -> Mapping[str, object]:
        """Return a card as somebody gets it, in their own chat."""
        return self.seals.sealed(card, person=to.object_id, conversation_id=to.conversation_id)

    def client(self, persona: Persona = ANN, *, signed: bool = True) -> TeamsClient:
        return TeamsClient(self.world(signed=signed), persona)

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"mutatiebot_{name}_total", labels) or 0.0

    def keys(self, times: KeyTimes | None = None) -> SigningKeys:
        return SigningKeys(
            self.session, self.signer.metadata_url, times=times, monotonic=lambda: self.monotonic
        )


def _policy(*, authenticated: bool) -> GatePolicy:
    if not authenticated:
        return GatePolicy.local(TENANT_ID)
    return GatePolicy(app_id=APP_ID, tenant_id=TENANT_ID, service_hosts=LOOPBACK)


async def _serve(edge: Edge, *, authenticated: bool) -> web.AppRunner:
    verifier = TokenVerifier(
        keys=edge.keys(KeyTimes(timeout_s=0.5)), app_id=APP_ID, clock=edge.clock
    )
    connector = Connector(edge.session, NoTokens(), service_hosts=LOOPBACK, retry=QUICK)
    boundary = TurnBoundary(
        edge.conversation,
        edge.references,
        seals=edge.seals,
        metrics=edge.metrics,
        new_id=lambda: "c-1",
    )

    async def database() -> bool | str:
        return edge.probes.get("database", True)

    app = make_app(
        Gate(_policy(authenticated=authenticated), verifier),
        EdgeAdapter(connector, boundary.on_turn),
        metrics=edge.metrics,
        probes={"database": database},
    )
    runner = make_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    edge.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    return runner


async def _edge(*, authenticated: bool) -> AsyncIterator[Edge]:
    clock = FakeClock()
    signer, connector = FakeBotFramework(clock, APP_ID), FakeConnector()
    await signer.start()
    await connector.start()
    async with aiohttp.ClientSession() as session:
        edge = Edge(
            clock,
            signer,
            connector,
            session,
            EchoConversation(),
            RecordingReferences(),
            EdgeMetrics(CollectorRegistry()),
        )
        runner = await _serve(edge, authenticated=authenticated)
        yield edge
        await end(runner)
    await connector.stop()
    await signer.stop()


@pytest.fixture
async def edge() -> AsyncIterator[Edge]:
    """The edge with authentication on."""
    async for edge in _edge(authenticated=True):
        yield edge


@pytest.fixture
async def local_edge() -> AsyncIterator[Edge]:
    """The edge in local mode."""
    async for edge in _edge(authenticated=False):
        yield edge
