"""Tokens with which the bot speaks to the Bot Connector."""

import asyncio
import ssl
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import jwt
import msal
import requests
import structlog
from requests.adapters import HTTPAdapter
from typing_extensions import override

from bot.edge.delivery_errors import TokenUnavailableError
from bot.edge.trust import trusting
from mutations.clock import Clock

CONNECTOR_SCOPE: Final = "https://api.botframework.com/.default"

# Instance discovery asks Microsoft's public directory about the authority, so it is only
# meant for the authorities that are in it.
_MICROSOFT_LOGIN_HOSTS: Final = frozenset(
    {"login.microsoftonline.com", "login.microsoft.com", "login.windows.net"}
)
_TIMEOUT_S: Final = 10.0
_EARLY_S: Final = 600.0
_PAUSE_S: Final = 30.0
_PAUSE_WITHOUT_S: Final = 5.0
_PATIENCE_S: Final = 1.0  # with a token that still serves
# What requests raises is an OSError, what msal raises about an authority a ValueError. It takes
# apart without a look whatever JSON comes: the rest is what it trips over then.
_MSAL_FAULTS: Final = (
    OSError,
    ValueError,
    KeyError,
    AttributeError,
    TypeError,
    msal.exceptions.MsalError,
    jwt.PyJWTError,  # of its assertion
)

_log = structlog.get_logger(__name__)


class TokenSource(Protocol):
    """Gives the bearer token of outgoing calls."""

    async def token(self) -> str | None:
        """Return a valid token, or None when calls carry none.

        Raises:
            TokenUnavailableError: None could be had.
        """
        ...

    def forget(self) -> None:
        """Drop the current token because the other side refused it."""
        ...


class NoTokens:
    """Local mode: the Playground asks for no token."""

    async def token(self) -> str | None:
        """Return None."""
        return None

    def forget(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraApp:
    """The app registration that signs in.

    Attributes:
        client_id: App id.
        authority: Address of the login host and the tenant; msal accepts https only.
        credential: Secret text, or msal's dictionary with a certificate.
        ca_bundle: File with authorities to trust beside the usual ones.
    """

    client_id: str
    authority: str
    credential: str | dict[str, str] = field(repr=False)
    ca_bundle: Path | None = None


class MsalTokenSource:
    """Tokens of one scope from Microsoft Entra, by msal in a thread.

    msal neither awaits nor coalesces: one asks while the others wait for the same answer. A token
    is renewed ten minutes early, or half-way when it lives shorter than twenty; while that fails
    the old one serves to its end, with a new try every half minute, for which nobody waits longer
    than a second. Without a token all calls
    fail at once for five seconds, then one asks again: nobody queues for a login host that hangs.
    msal itself repeats a 400 of the login host for a minute without asking.
    """

    def __init__(
        self,
        app: EntraApp,
        *,
        clock: Clock,
        scope: str = CONNECTOR_SCOPE,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._app = app
        self._clock = clock
        self._scope = scope
        self._http = _http_client(app.ca_bundle, timeout_s)
        # More than one exchange; what drips slowly keeps its thread, but nobody waits for it.
        self._longest_s = 2 * timeout_s
        self._asking: asyncio.Task[None] | None = None
        self._client: Any = None
        self._token = ""
        self._expires_at = 0.0
        self._renew_at = 0.0
        self._ask_at = 0.0
        self._fault = ""

    async def token(self) -> str | None:
        """Return a valid token.

        Raises:
            TokenUnavailableError: Entra refused or did not answer.
        """
        if self._now() < self._renew_at:
            return self._token
        if self._now() >= self._ask_at:
            await self._ask()
        if self._now() >= self._expires_at:
            raise TokenUnavailableError(code=self._fault)
        return self._token

    def forget(self) -> None:
        """Make the next call ask for a new token."""
        self._expires_at = 0.0
        self._renew_at = 0.0

    def close(self) -> None:
        """Close the connections to the login host."""
        self._http.close()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def _ask(self) -> None:
        """Ask, or wait for the answer to whoever asked before."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._renew())
            self._asking.add_done_callback(self._answered)
        patience_s = _PATIENCE_S if self._now() < self._expires_at else self._longest_s
        try:
            async with asyncio.timeout(patience_s):
                await asyncio.shield(self._asking)
        except TimeoutError as error:
            self._failed(type(error).__name__)

    def _answered(self, _: asyncio.Task[None]) -> None:
        self._asking = None

    async def _renew(self) -> None:
        try:
            answer = await asyncio.to_thread(self._acquire)
        except _MSAL_FAULTS as error:
            self._failed(type(error).__name__)
            return
        token, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(lifetime, int):
            self._failed(str(answer.get("error", "malformed")))
            return
        now = self._now()
        self._token = token
        self._expires_at = now + lifetime
        self._renew_at = self._expires_at - min(_EARLY_S, lifetime / 2)

    def _failed(self, code: str) -> None:
        _log.warning("token not renewed", code=code)
        now = self._now()
        has_token = now < self._expires_at
        self._fault = code
        self._ask_at = (
            min(now + _PAUSE_S, self._expires_at) if has_token else now + _PAUSE_WITHOUT_S
        )

    def _acquire(self) -> dict[str, Any]:
        """Ask msal for a new token; runs in a thread, one at a time."""
        if self._client is None:
            host = urlsplit(self._app.authority).hostname
            self._client = msal.ConfidentialClientApplication(
                self._app.client_id,
                client_credential=self._app.credential,
                authority=self._app.authority,
                instance_discovery=host in _MICROSOFT_LOGIN_HOSTS,
                http_client=self._http,
            )
        # msal would hand out its cached token until minutes before the end.
        self._client.remove_tokens_for_client()
        answer: dict[str, Any] = self._client.acquire_token_for_client(scopes=[self._scope])
        return answer


class _TrustingAdapter(HTTPAdapter):
    """Connects with a trust of its own; `verify` and REQUESTS_CA_BUNDLE take nothing from it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    @override
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    @override
    def cert_verify(self, *_: Any) -> None:
        """Leave the trust as it is."""


def _http_client(ca_bundle: Path | None, timeout_s: float) -> SimpleNamespace:
    """Return what msal sends with: time-limited, and with the trust of this program."""
    session = requests.Session()
    session.mount("https://", _TrustingAdapter(trusting(ca_bundle)))
    return SimpleNamespace(
        get=partial(session.get, timeout=timeout_s),
        post=partial(session.post, timeout=timeout_s),
        close=session.close,
    )
