"""Sends to the Bot Connector over one pooled session, by the rules Teams publishes.

API: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
Retries: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aiohttp
import orjson
import stamina
from yarl import URL

from bot.edge.delivery_errors import (
    ConnectorUnavailableError,
    RejectedMessageError,
    UnreachableError,
)
from bot.edge.service_url import ServiceUrlError, normalise
from bot.edge.tokens import TokenSource

_AGAIN: Final = frozenset({412, 429, 502, 503, 504})
_LATER: Final = frozenset({408, 500})
_UNREACHABLE: Final = frozenset({403, 404})
_MAX_ANSWER: Final = 64 * 1024
_MAX_RETRY_AFTER_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long one call keeps trying before it leaves the rest to its caller, in seconds.

    Attributes:
        attempts: Most requests in one call.
        total_s: No new request is made after this time.
        first_wait_s: Wait before the second request; doubles, plus jitter.
        longest_wait_s: A longer wait, also one the Connector asks for, ends the call.
        jitter_s: Most that chance adds to a wait.
        request_s: Longest time for one request.
    """

    attempts: int = 4
    total_s: float = 12.0
    first_wait_s: float = 0.4
    longest_wait_s: float = 5.0
    jitter_s: float = 0.4
    request_s: float = 10.0


TURN_RETRY: Final = RetryPolicy(attempts=3, total_s=4.0, longest_wait_s=2.0, request_s=4.0)
"""For answers within a turn, which Teams cuts off after ten to fifteen seconds."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Mapping[str, object]
    retry_after_s: float | None


class Connector:
    """The Bot Connector of the allowed service hosts.

    A request that failed on its way may still have arrived: after a retry a message can be
    there twice. Redirects are never followed, so a token stays with the host it is for.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        *,
        service_hosts: frozenset[str],
        retry: RetryPolicy | None = None,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._service_hosts = service_hosts
        self._retry = retry or RetryPolicy()
        self._timeout = aiohttp.ClientTimeout(total=self._retry.request_s)

    async def send(
        self, service_url: str, conversation_id: str, activity: Mapping[str, object]
    ) -> str:
        """Send a new message and return its activity id.

        Raises:
            UnreachableError: The person cannot be reached in this conversation.
            ConnectorUnavailableError: Not now; `retry_after_s` when the Connector said so.
            RejectedMessageError: The Connector refuses this message, or the host is not allowed.
        """
        path = f"/v3/conversations/{quote(conversation_id, safe='')}/activities"
        return _id_in(await self._call("POST", service_url, path, activity))

    async def update(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        activity: Mapping[str, object],
    ) -> None:
        """Replace a message that was sent; may be repeated. Raises as `send` does."""
        path = (
            f"/v3/conversations/{quote(conversation_id, safe='')}"
            f"/activities/{quote(activity_id, safe='')}"
        )
        await self._call("PUT", service_url, path, {**activity, "id": activity_id})

    async def delete(self, service_url: str, conversation_id: str, activity_id: str) -> None:
        """Remove a message that was sent. Raises as `send` does."""
        path = (
            f"/v3/conversations/{quote(conversation_id, safe='')}"
            f"/activities/{quote(activity_id, safe='')}"
        )
        await self._call("DELETE", service_url, path, None)

    async def create_conversation(
        self, service_url: str, *, bot_id: str, person_id: str, tenant_id: str
    ) -> str:
        """Return the id of the personal chat with a person, which may exist already.

        Args:
            service_url: Where the Connector lives.
            bot_id: Account of the bot, `28:` and the app id.
            person_id: Channel account (`29:...`) or Entra object id.
            tenant_id: Tenant of the person.
        """
        body = {
            "isGroup": False,
            "bot": {"id": bot_id},
            "members": [{"id": person_id}],
            "tenantId": tenant_id,
            "channelData": {"tenant": {"id": tenant_id}},
        }
        return _id_in(await self._call("POST", service_url, "/v3/conversations", body))

    async def _call(
        self, method: str, service_url: str, path: str, body: Mapping[str, object] | None
    ) -> Mapping[str, object]:
        try:
            base = normalise(service_url, allowed_hosts=self._service_hosts)
        except ServiceUrlError as error:
            raise RejectedMessageError(code="ServiceUrlNotAllowed") from error
        url = URL(base + path, encoded=True)
        raw = None if body is None else orjson.dumps(body)
        retry = self._retry
        async for attempt in stamina.retry_context(
            on=self._wait_for,
            attempts=retry.attempts,
            timeout=retry.total_s,
            wait_initial=retry.first_wait_s,
            wait_max=retry.longest_wait_s,
            wait_jitter=retry.jitter_s,
        ):
            with attempt:
                return await self._once(method, url, raw)
        raise AssertionError("stamina neither returned nor raised")

    def _wait_for(self, error: Exception) -> bool | float:
        """Tell stamina whether to try again, or after how many seconds."""
        if not isinstance(error, ConnectorUnavailableError) or error.status in _LATER:
            return False
        if error.retry_after_s is None:
            return True
        if error.retry_after_s > self._retry.longest_wait_s:
            return False
        return error.retry_after_s + random.uniform(0, self._retry.jitter_s)  # noqa: S311 - jitter

    async def _once(self, method: str, url: URL, raw: bytes | None) -> Mapping[str, object]:
        try:
            answer = await self._request(method, url, raw)
            if answer.status == HTTPStatus.UNAUTHORIZED:
                self._tokens.forget()
                answer = await self._request(method, url, raw)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectorUnavailableError(code=type(error).__name__) from error
        _raise_for(answer)
        return answer.body

    async def _request(self, method: str, url: URL, raw: bytes | None) -> _Answer:
        token = await self._tokens.token()
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            method, url, data=raw, headers=headers, allow_redirects=False, timeout=self._timeout
        ) as response:
            content = await response.content.read(_MAX_ANSWER)
            return _Answer(response.status, _object_in(content), _retry_after_s(response.headers))


def _raise_for(answer: _Answer) -> None:
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    fault = answer.body.get("error")
    code = fault.get("code") if isinstance(fault, dict) else None
    named = code if isinstance(code, str) else ""
    if status in _UNREACHABLE:
        raise UnreachableError(status, named)
    if status in _AGAIN or status in _LATER:
        raise ConnectorUnavailableError(status, named, retry_after_s=answer.retry_after_s)
    raise RejectedMessageError(status, named)


def _object_in(content: bytes) -> Mapping[str, object]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _id_in(body: Mapping[str, object]) -> str:
    identity = body.get("id")
    return identity if isinstance(identity, str) else ""


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in Retry-After, between 0 and an hour, or None.

    A date is taken against the Date of the same answer, so our clock does not matter.
    """
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    if text.isascii() and text.removeprefix("-").isdigit():
        return min(max(float(text[:12]), 0.0), _MAX_RETRY_AFTER_S)
    until, now = _http_date(text), _http_date(headers.get("Date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), _MAX_RETRY_AFTER_S)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else None
