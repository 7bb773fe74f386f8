"""One JSON question to Microsoft and its answer, kept within bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol

import aiohttp
import orjson
import structlog
from yarl import URL

from fulfilment.tenant import TransientTenantError

NOT_LET_IN: Final = 401
"""The token was refused, so nothing was done."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_CHUNK: Final = 64 * 1024
# Said by whatever stands in between as well, in any form; what it means does not depend on a body.
_NEEDS_NO_BODY: Final = frozenset({NOT_LET_IN, 408, 429})

_log = structlog.get_logger(__name__)


class TokenSource(Protocol):
    """Gives the bearer token of one audience."""

    async def token(self) -> str:
        """Return a token that is valid now.

        Raises:
            TransientTenantError: None could be had; nothing was sent.
        """
        ...

    def forget(self) -> None:
        """Drop the present token, because the other side refused it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request; `path` with its query is below the base address and quoted already."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer; the names of its headers are in lower case."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Wire:
    """Sends JSON to one address, with its token, and takes nothing but JSON for an answer.

    Redirects are never followed, so the token stays with the address it is for. Nothing is
    repeated, except with a fresh token what was refused for its token. (aiohttp itself sends a GET
    or a DELETE again when a kept connection turns out to be closed.)
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        *,
        base: str,
        request_s: float = 30.0,
        most_bytes: int = 16 * 1024 * 1024,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            session: Connections to use.
            tokens: For the audience of `base`.
            base: Address without a path, such as `https://graph.microsoft.com`.
            request_s: Longest time for one request with its answer.
            most_bytes: Longest answer that is read.

        Raises:
            ValueError: `base` is not a bare https address; http is for this machine only.
        """
        self.base = _checked(base)
        self._session = session
        self._tokens = tokens
        self._timeout = aiohttp.ClientTimeout(total=request_s)
        self._most_bytes = most_bytes

    async def ask(self, question: Question) -> Answer:
        """Send one question and return the answer, whatever its status.

        Raises:
            TransientTenantError: No answer that can be believed; what was asked was perhaps done.
        """
        answer = await self._once(question)
        if answer.status == NOT_LET_IN:
            self._tokens.forget()
            answer = await self._once(question)
        return answer

    async def _once(self, question: Question) -> Answer:
        headers = {"Accept": "application/json", **question.headers}
        headers["Authorization"] = f"Bearer {await self._tokens.token()}"
        raw = None if question.body is None else orjson.dumps(question.body)
        if raw is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                question.method,
                URL(self.base + question.path, encoded=True),
                data=raw,
                headers=headers,
                allow_redirects=False,
                timeout=self._timeout,
            ) as response:
                return Answer(
                    status=response.status,
                    body=_document(response, await self._content(response.content)),
                    headers={name.lower(): value for name, value in response.headers.items()},
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("no answer from the tenant", fault=type(error).__name__)
            raise TransientTenantError from error

    async def _content(self, stream: aiohttp.StreamReader) -> bytes:
        content = bytearray()
        async for chunk in stream.iter_chunked(_CHUNK):
            content += chunk
            if len(content) > self._most_bytes:
                raise _unusable("too long")
        return bytes(content)


def _checked(base: str) -> str:
    url = URL(base)
    is_here = url.scheme == "http" and url.host in _LOOPBACK
    if not is_here and (url.scheme != "https" or not url.host):
        raise ValueError("the address of the tenant must be https")
    if url.path not in {"", "/"} or url.query_string or url.fragment or url.user:
        raise ValueError("the address of the tenant has no path, query or name of its own")
    return str(url.origin())


def _document(response: aiohttp.ClientResponse, content: bytes) -> Mapping[str, Any]:
    status = response.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise _unusable("redirect")
    needs_no_body = status in _NEEDS_NO_BODY or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if not content and (needs_no_body or status < HTTPStatus.MULTIPLE_CHOICES):
        return {}
    try:
        document = orjson.loads(content) if response.content_type == "application/json" else None
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict):
        return document
    if needs_no_body:
        return {}
    # Anybody in between can say 404 in HTML: that must never look like "is gone already".
    raise _unusable("not a JSON object")


def _unusable(reason: str) -> TransientTenantError:
    _log.warning("unusable answer from the tenant", reason=reason)
    return TransientTenantError()
