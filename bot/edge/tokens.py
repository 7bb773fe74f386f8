"""Tokens with which the bot speaks to the Bot Connector."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msal
import requests
import structlog

from bot.edge.delivery_errors import TokenUnavailableError
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
# What requests raises is an OSError, what msal raises about an authority a ValueError.
_MSAL_FAULTS: Final = (OSError, ValueError, KeyError, msal.exceptions.MsalError)

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
        ca_bundle: File with extra trusted authorities, empty for the usual ones.
    """

    client_id: str
    authority: str
    credential: str | dict[str, str] = field(repr=False)
    ca_bundle: str = ""


class MsalTokenSource:
    """Tokens of one scope from Microsoft Entra, by msal in a thread.

    msal neither awaits nor coalesces: one lock lets one caller ask while the others wait.
    A token is renewed ten minutes early, or half-way when it lives shorter than twenty; while
    that fails the old one serves to its end, with a new try every half minute.
    """

    def __init__(self, app: EntraApp, *, clock: Clock, scope: str = CONNECTOR_SCOPE) -> None:
        self._app = app
        self._clock = clock
        self._scope = scope
        self._lock = asyncio.Lock()
        self._http = _http_client(app.ca_bundle)
        self._client: Any = None
        self._token = ""
        self._expires_at = 0.0
        self._renew_at = 0.0

    async def token(self) -> str | None:
        """Return a valid token.

        Raises:
            TokenUnavailableError: Entra refused or did not answer.
        """
        if self._now() < self._renew_at:
            return self._token
        async with self._lock:
            if self._now() >= self._renew_at:
                await self._renew()
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

    async def _renew(self) -> None:
        try:
            answer = await asyncio.to_thread(self._acquire)
        except _MSAL_FAULTS as error:
            self._keep_old_or_raise(type(error).__name__)
            return
        token, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(lifetime, int):
            self._keep_old_or_raise(str(answer.get("error", "malformed")))
            return
        now = self._now()
        self._token = token
        self._expires_at = now + lifetime
        self._renew_at = self._expires_at - min(_EARLY_S, lifetime / 2)

    def _keep_old_or_raise(self, code: str) -> None:
        _log.warning("token not renewed", code=code)
        now = self._now()
        if now >= self._expires_at:
            raise TokenUnavailableError(code=code)
        self._renew_at = min(now + _PAUSE_S, self._expires_at)

    def _acquire(self) -> dict[str, Any]:
        """Ask msal for a new token; runs in a thread, under the lock."""
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


def _http_client(ca_bundle: str) -> SimpleNamespace:
    """Return what msal sends with: time-limited, its trust named in each request.

    Trust that is set on the session alone would give way to a REQUESTS_CA_BUNDLE around it.
    """
    session = requests.Session()
    verify = ca_bundle or None
    return SimpleNamespace(
        get=partial(session.get, timeout=_TIMEOUT_S, verify=verify),
        post=partial(session.post, timeout=_TIMEOUT_S, verify=verify),
        close=session.close,
    )
