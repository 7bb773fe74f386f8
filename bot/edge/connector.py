"""Sends to the Bot Connector over one pooled session, by the rules Teams publishes.

API: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
Retries: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
"""

import random
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeGuard
from urllib.parse import quote

import aiohttp
import orjson
import stamina
from yarl import URL

from bot.edge.answers import NOT_LET_IN, Answer, raise_for, read_answer
from bot.edge.delivery_errors import (
    AddressRefusedError,
    ConnectorUnavailableError,
    SendLimitError,
    TokenUnavailableError,
    UnknownOutcomeError,
)
from bot.edge.pace import AtOnce, Pace
from bot.edge.service_url import ServiceUrlError, normalise
from bot.edge.tokens import TokenSource

_FROM_A_GATEWAY: Final = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long one call keeps trying before it leaves the rest to its caller, in seconds.

    What certainly was not done is tried again. So is what may have been, where twice is as good
    as once or if `repeats_unknown`.

    Attributes:
        attempts: Most requests in one call.
        total_s: No new request is made after this time.
        first_wait_s: Wait before the second request; doubles, plus jitter.
        longest_wait_s: A longer wait, also one the Connector asks for, ends the call.
        jitter_s: Most that chance adds to a wait.
        request_s: Longest time for one request.
        repeats_unknown: Also try again when a gateway answered, or nobody: a message can then be
            there twice.
    """

    attempts: int = 4
    total_s: float = 12.0
    first_wait_s: float = 0.4
    longest_wait_s: float = 5.0
    jitter_s: float = 0.4
    request_s: float = 10.0
    repeats_unknown: bool = False


TURN_RETRY: Final = RetryPolicy(
    attempts=3, total_s=4.0, longest_wait_s=2.0, request_s=4.0, repeats_unknown=True
)
"""For answers within a turn, which Teams cuts off after ten to fifteen seconds: somebody waits,
and an answer that comes twice does no harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A request as it is made.

    Attributes:
        thread: What the limits count it under.
        is_repeatable: Doing it twice is doing it once.
    """

    method: str
    url: URL
    raw: bytes | None
    thread: str
    is_repeatable: bool = True


class Connector:
    """The Bot Connector of the allowed service hosts.

    The Connector knows no idempotency key: a message whose answer was lost may be there, and its
    sender decides whether to send it twice. Redirects are never followed, so a token stays with
    the host it is for.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        *,
        service_hosts: frozenset[str],
        retry: RetryPolicy | None = None,
    ) -> None:
        """Prepare a client that sends at once."""
        self._session = session
        self._tokens = tokens
        self._service_hosts = service_hosts
        self._retry = retry or RetryPolicy()
        self._pace: Pace = AtOnce()
        self._timeout = aiohttp.ClientTimeout(total=self._retry.request_s)

    def paced(self, pace: Pace) -> "Connector":
        """Return the same client, but one that holds every request back until it may go."""
        held = copy(self)
        held._pace = pace  # noqa: SLF001 - our own
        return held

    async def send(
        self, service_url: str, conversation_id: str, activity: Mapping[str, object]
    ) -> str:
        """Send a new message and return its activity id; empty when the answer named none.

        Raises:
            UnreachableError: The person cannot be reached in this conversation.
            UnknownOutcomeError: It may be there, or not.
            ConnectorUnavailableError: Not sent now; `retry_after_s` when the Connector said so.
            RejectedMessageError: The Connector refuses this message.
            AddressRefusedError: The host is not allowed; no connection was made.
        """
        url = self._url(service_url, "conversations", conversation_id, "activities")
        raw = orjson.dumps(activity)
        request = _Request(
            method="POST", url=url, raw=raw, thread=conversation_id, is_repeatable=False
        )
        return (await self._call(request)).id

    async def update(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        activity: Mapping[str, object],
    ) -> None:
        """Replace a message that was sent; may be repeated. Raises as `send` does."""
        url = self._url(service_url, "conversations", conversation_id, "activities", activity_id)
        raw = orjson.dumps({**activity, "id": activity_id})
        await self._call(_Request(method="PUT", url=url, raw=raw, thread=conversation_id))

    async def delete(self, service_url: str, conversation_id: str, activity_id: str) -> None:
        """Remove a message that was sent. Raises as `send` does."""
        url = self._url(service_url, "conversations", conversation_id, "activities", activity_id)
        await self._call(_Request(method="DELETE", url=url, raw=None, thread=conversation_id))

    async def create_conversation(
        self, service_url: str, *, bot_id: str, person_id: str, tenant_id: str
    ) -> str:
        """Return the id of the personal chat with a person, which may exist already.

        Args:
            service_url: Where the Connector lives.
            bot_id: Account of the bot, `28:` and the app id.
            person_id: Channel account (`29:...`) or Entra object id.
            tenant_id: Tenant of the person.

        Raises:
            ConnectorUnavailableError: Not now, or the answer names no chat; asking again does
                no harm.
        """
        body = {
            "isGroup": False,
            "bot": {"id": bot_id},
            "members": [{"id": person_id}],
            "tenantId": tenant_id,
            "channelData": {"tenant": {"id": tenant_id}},
        }
        url = self._url(service_url, "conversations")
        thread = f"new:{person_id}"
        request = _Request(method="POST", url=url, raw=orjson.dumps(body), thread=thread)
        conversation_id = (await self._call(request)).id
        if not conversation_id:
            raise ConnectorUnavailableError(code="NoConversationId")
        return conversation_id

    def _url(self, service_url: str, *path: str) -> URL:
        try:
            base = normalise(service_url, allowed_hosts=self._service_hosts)
        except ServiceUrlError as error:
            raise AddressRefusedError(code="ServiceUrlNotAllowed") from error
        parts = (quote(part, safe="") for part in path)
        return URL("/".join((base, "v3", *parts)), encoded=True)

    async def _call(self, request: _Request) -> Answer:
        retry = self._retry
        repeats = request.is_repeatable or retry.repeats_unknown
        async for attempt in stamina.retry_context(
            on=partial(self._wait_for, repeats=repeats),
            attempts=retry.attempts,
            timeout=retry.total_s,
            wait_initial=retry.first_wait_s,
            wait_max=retry.longest_wait_s,
            wait_jitter=retry.jitter_s,
        ):
            with attempt:
                return await self._once(request)
        raise AssertionError("stamina neither returned nor raised")

    def _wait_for(self, error: Exception, *, repeats: bool) -> bool | float:
        """Tell stamina whether to try again, or after how many seconds."""
        if not _is_for_now(error, repeats=repeats):
            return False
        if error.retry_after_s is None:
            return True
        if error.retry_after_s > self._retry.longest_wait_s:
            return False
        return error.retry_after_s + random.uniform(0, self._retry.jitter_s)  # noqa: S311 - jitter

    async def _once(self, request: _Request) -> Answer:
        try:
            answer = await self._answer(request)
            if answer.status == NOT_LET_IN:
                self._tokens.forget()
                answer = await self._answer(request)
        except aiohttp.ClientConnectorError as error:  # also a certificate that nobody vouches for
            raise ConnectorUnavailableError(code=type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnknownOutcomeError(code=type(error).__name__) from error
        raise_for(answer)
        return answer

    async def _answer(self, request: _Request) -> Answer:
        token = await self._tokens.token()
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        await self._pace.turn(request.thread)
        async with self._session.request(
            request.method,
            request.url,
            data=request.raw,
            headers=headers,
            allow_redirects=False,
            timeout=self._timeout,
        ) as response:
            return await read_answer(response)


def _is_for_now(error: Exception, *, repeats: bool) -> TypeGuard[ConnectorUnavailableError]:
    """Tell whether an error may be over within the call."""
    if isinstance(error, UnknownOutcomeError):
        return repeats and (error.status == 0 or error.status in _FROM_A_GATEWAY)
    if isinstance(error, SendLimitError | TokenUnavailableError):
        return False
    return isinstance(error, ConnectorUnavailableError) and error.status != NOT_LET_IN
