"""The edge put together: who is let in, and how the bot speaks to the channel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bot.edge.connector import TURN_RETRY, Connector, RetryPolicy
from bot.edge.gate import Gate, GatePolicy
from bot.edge.seals import Seals
from bot.edge.signing_keys import SigningKeys
from bot.edge.token_verifier import TokenVerifier
from bot.edge.tokens import EntraApp, MsalTokenSource, NoTokens, TokenSource
from bot.edge.trust import trusting
from bot.settings import DEMO_TENANT_ID, Mode, Settings
from mutations.clock import Clock

LOCAL_BOT_ID = "28:mutatiebot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Everything that depends on how the bot and the channel know each other.

    Attributes:
        session: The connections outwards; also used for other neighbours.
        keys: Keys of the Bot Connector; None in local mode, which has no login.
        turns: Sends answers within a turn.
        messages: Sends what nobody waits for.
        seals: Binds every button to who gets it and where.
    """

    gate: Gate
    session: aiohttp.ClientSession
    keys: SigningKeys | None
    turns: Connector
    messages: Connector
    seals: Seals
    bot_id: str
    tenant_id: str


@asynccontextmanager
async def open_channel(settings: Settings, clock: Clock) -> AsyncIterator[Channel]:
    """Open the channel of a mode: with login in live mode, loopback only in local mode."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(_session(settings))
        seals = Seals(
            settings.card_key_list, clock=clock, max_age=timedelta(days=settings.card_days)
        )
        if settings.mode is Mode.LOCAL:
            policy = GatePolicy.local(DEMO_TENANT_ID)
            yield _channel(session, NoTokens(), policy, seals, verifier=None, keys=None)
            return
        assert settings.app_id
        assert settings.app_tenant_id
        policy = GatePolicy(
            app_id=settings.app_id,
            tenant_id=settings.app_tenant_id,
            service_hosts=settings.service_host_names,
        )
        app = entra_app(
            settings,
            settings.app_id,
            secret=settings.app_secret,
            certificate=settings.app_certificate,
        )
        tokens = MsalTokenSource(app, clock=clock)
        stack.callback(tokens.close)
        keys = SigningKeys(session, settings.openid_metadata_url)
        stack.push_async_callback(_stopped, asyncio.create_task(keys.keep_fresh()))
        verifier = TokenVerifier(keys=keys, app_id=settings.app_id, clock=clock)
        yield _channel(session, tokens, policy, seals, verifier=verifier, keys=keys)


def _session(settings: Settings) -> aiohttp.ClientSession:
    context = trusting(settings.ca_bundle)
    return aiohttp.ClientSession(
        # A Connector that hangs must not take the last place from the reading of the keys.
        connector=aiohttp.TCPConnector(ssl=context, limit=100, limit_per_host=80),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _channel(
    session: aiohttp.ClientSession,
    tokens: TokenSource,
    policy: GatePolicy,
    seals: Seals,
    *,
    verifier: TokenVerifier | None,
    keys: SigningKeys | None,
) -> Channel:
    hosts = policy.service_hosts

    def connector(retry: RetryPolicy | None) -> Connector:
        return Connector(session, tokens, service_hosts=hosts, retry=retry)

    return Channel(
        gate=Gate(policy, verifier),
        session=session,
        keys=keys,
        turns=connector(TURN_RETRY),
        messages=connector(None),
        seals=seals,
        bot_id=f"28:{policy.app_id}" if policy.app_id else LOCAL_BOT_ID,
        tenant_id=policy.tenant_id,
    )


def entra_app(
    settings: Settings, client_id: str, *, secret: SecretStr, certificate: Path | None
) -> EntraApp:
    """Return an app of the tenant as msal signs it in; the certificate wins over the secret."""
    credential: str | dict[str, str] = secret.get_secret_value()
    if certificate is not None:
        pem = certificate.read_text(encoding="utf-8", errors="replace")
        credential = {"private_key": pem, "public_certificate": pem}
    return EntraApp(
        client_id=client_id,
        authority=f"{settings.authority_url}/{settings.app_tenant_id}",
        credential=credential,
        ca_bundle=settings.ca_bundle,
    )


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
