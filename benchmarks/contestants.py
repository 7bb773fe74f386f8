"""The bots that are measured: how each is started, and what it is asked."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.clock import SystemClock
from bot.demo import DEMO_REGISTER
from fulfilment.tenants.simulated.seed import demo_person_id
from mutations.clock import local_date
from mutations.identity import find_request_number
from mutations.working_days import next_working_day
from tests.fakes.audit_files import audit_files
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework
from tests.fakes.teams_client import Persona, TeamsClient

APP_ID = "11111111-2222-3333-4444-555555555555"
LOGIN_TENANT = "adfs"  # see stock_echo_bot
TENANT_ID = "99999999-8888-7777-6666-555555555555"
MANAGER = Persona("Marleen Claes", demo_person_id(1))
APPROVERS = (
    Persona("Arno Wouters", demo_person_id(2)),
    Persona("Britt Jacobs", demo_person_id(3)),
)


@dataclass(frozen=True)
class Surroundings:
    """The neighbours of the bot in one run, and the port it is to take."""

    folder: Path
    signer: FakeBotFramework
    connector: FakeConnector
    login: FakeEntraLogin
    port: int


@dataclass(frozen=True)
class Contestant:
    """A bot to measure.

    Attributes:
        name: Row of the table.
        command: Makes the command line; variables go in front, as for `env`.
        prepare: Comes before everything else and returns what is said each turn.
        is_new_token: Whether each turn has a token of its own.
        has_database: Whether it keeps its data in a PostgreSQL of its own.
    """

    name: str
    command: Callable[[Surroundings], list[str]]
    prepare: Callable[[TeamsClient], Awaitable[str]]
    is_new_token: bool = False
    has_database: bool = False


def _options(around: Surroundings) -> list[str]:
    return [
        *("--port", str(around.port)),
        *("--app-id", APP_ID),
        *("--tenant-id", TENANT_ID),
        *("--metadata-url", around.signer.metadata_url),
        *("--authority", around.login.authority),
    ]


def stock_echo(around: Surroundings) -> list[str]:
    """Return the command of the stock botbuilder echo bot."""
    trust = f"REQUESTS_CA_BUNDLE={around.login.ca_bundle}"
    return [trust, sys.executable, "-m", "benchmarks.stock_echo_bot", *_options(around)]


def edge_echo(around: Surroundings) -> list[str]:
    """Return the command of an echo bot on this project's edge."""
    trust = ["--ca-bundle", str(around.login.ca_bundle)]
    return [sys.executable, "-m", "benchmarks.edge_echo_bot", *_options(around), *trust]


def whole_bot(around: Surroundings) -> list[str]:
    """Return the command of the whole bot in live mode."""
    register = around.folder / "register.toml"
    register.write_bytes(DEMO_REGISTER.read_bytes())
    anchor, audit_key = audit_files(around.folder)
    settings = {
        "MODE": "live",
        "AUDIT_ANCHOR": anchor,
        "AUDIT_KEY": audit_key,
        "HOST": "127.0.0.1",
        "PORT": around.port,
        "DATA_DIR": around.folder / "data",
        "REGISTER": register,
        "APP_ID": APP_ID,
        "APP_TENANT_ID": TENANT_ID,
        "APP_SECRET": "made-up-secret",
        "CARD_KEYS": "a-made-up-card-key-of-the-benchmark",
        "OPENID_METADATA_URL": around.signer.metadata_url,
        "AUTHORITY_URL": around.login.authority.removesuffix(f"/{LOGIN_TENANT}"),
        "CA_BUNDLE": around.login.ca_bundle,
        "SERVICE_HOSTS": "127.0.0.1",
        "SERVICE_URL": around.connector.url,
        "LOG_LEVEL": "WARNING",
    }
    variables = [f"MUTATIEBOT_{name}={value}" for name, value in settings.items()]
    return [*variables, sys.executable, "-m", "bot"]


async def nothing(_: TeamsClient) -> str:
    """Return what an echo bot is told."""
    return "status M-2026-00001"


async def a_request(client: TeamsClient) -> str:
    """Ask for a move through a conversation and return the question about its status."""
    for approver in APPROVERS:
        await TeamsClient(client.world, approver).join()
    await client.say("nieuwe mutatie")
    form = client.last
    soon = next_working_day(local_date(SystemClock().now()) + timedelta(days=1))
    await client.press(
        form,
        "draft.fill",
        colleague="jan.peeters@wegenwater.vlaanderen.example",
        target="OVO000102",
        effective_on=soon.isoformat(),
        status_changes="no",
        wish="keep",
    )
    sent = await client.press(form, "Indienen")
    for approver in APPROVERS:
        await client.world.connector.wait_for(approver.conversation_id, count=2)
    number = find_request_number(str(sent))
    assert number is not None, sent
    [status] = await client.say(f"status {number}")
    assert number in str(status.card)
    return f"status {number}"


CONTESTANTS = {
    "stock": Contestant("stock botbuilder, echo", stock_echo, nothing),
    "edge": Contestant("mutatiebot edge, echo card", edge_echo, nothing),
    "edge-new-token": Contestant(
        "the same, new token each turn", edge_echo, nothing, is_new_token=True
    ),
    "bot": Contestant("mutatiebot whole, status", whole_bot, a_request, has_database=True),
}
