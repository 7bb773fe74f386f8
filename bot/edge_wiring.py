"""The edge put together: who is let in, and how the bot speaks to the channel."""

import ssl
from dataclasses import dataclass

import aiohttp

from bot.edge.connector import TURN_RETRY, Connector, RetryPolicy
from bot.edge.gate import Gate, GatePolicy
from bot.edge.service_url import LOOPBACK_HOSTS
from bot.edge.signing_keys import SigningKeys
from bot.edge.token_verifier import TokenVerifier
from bot.edge.tokens import EntraApp, MsalTokenSource, NoTokens, TokenSource
from bot.settings import DEMO_TENANT_ID, Mode, Settings
from mutations.clock import Clock

LOCAL_BOT_ID = "28:mutatiebot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Everything that depends on how the bot and the channel know each other.

    Attributes:
        keys: Keys of the Bot Connector; None in local mode, which has no login.
        turns: Sends answers within a turn.
        messages: Sends what nobody waits for.
    """

    gate: Gate
    keys: SigningKeys | None
    turns: Connector
    messages: Connector
    bot_id: str
    tenant_id: str


def open_session(settings: Settings) -> aiohttp.ClientSession:
    """Return the one pooled session for all calls to the channel."""
    context = ssl.create_default_context(cafile=None)
    if settings.ca_bundle is not None:
        context.load_verify_locations(settings.ca_bundle)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=100))


def make_channel(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Channel:
    """Return the channel of a mode: with login in live mode, loopback only in local mode."""
    if settings.mode is Mode.LOCAL:
        policy = GatePolicy.local(DEMO_TENANT_ID)
        return _channel(session, NoTokens(), policy, verifier=None, keys=None)
    assert settings.app_id
    assert settings.app_tenant_id
    policy = GatePolicy(
        app_id=settings.app_id,
        tenant_id=settings.app_tenant_id,
        service_hosts=settings.service_host_names,
    )
    keys = SigningKeys(session, settings.openid_metadata_url)
    verifier = TokenVerifier(keys=keys, app_id=settings.app_id, clock=clock)
    return _channel(session, _tokens(settings, clock), policy, verifier=verifier, keys=keys)


def _channel(
    session: aiohttp.ClientSession,
    tokens: TokenSource,
    policy: GatePolicy,
    *,
    verifier: TokenVerifier | None,
    keys: SigningKeys | None,
) -> Channel:
    hosts = policy.service_hosts if policy.authenticated else LOOPBACK_HOSTS

    def connector(retry: RetryPolicy | None) -> Connector:
        return Connector(session, tokens, service_hosts=hosts, retry=retry)

    return Channel(
        gate=Gate(policy, verifier),
        keys=keys,
        turns=connector(TURN_RETRY),
        messages=connector(None),
        bot_id=f"28:{policy.app_id}" if policy.app_id else LOCAL_BOT_ID,
        tenant_id=policy.tenant_id,
    )


def _tokens(settings: Settings, clock: Clock) -> TokenSource:
    assert settings.app_id
    credential: str | dict[str, str] = settings.app_secret.get_secret_value()
    if settings.app_certificate is not None:
        pem = settings.app_certificate.read_text(encoding="ascii")
        credential = {"private_key": pem, "public_certificate": pem}
    app = EntraApp(
        client_id=settings.app_id,
        authority=f"{settings.authority_url}/{settings.app_tenant_id}",
        credential=credential,
        ca_bundle=str(settings.ca_bundle or ""),
    )
    return MsalTokenSource(app, clock=clock)
