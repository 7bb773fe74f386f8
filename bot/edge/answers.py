"""What the Bot Connector answers, and what that means for the message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import orjson

from bot.edge.delivery_errors import (
    ConnectorUnavailableError,
    RejectedMessageError,
    UnknownOutcomeError,
    UnreachableError,
)

NOT_LET_IN: Final = 401
"""The token was refused; when that lasts it is ours to mend, and the message stays owed."""

_NOT_DONE: Final = frozenset({412, 429, NOT_LET_IN})
_UNREACHABLE: Final = frozenset({403, 404})
# A gateway's own word, as a redirect is: the Connector need not have seen the message.
_ON_THE_WAY: Final = frozenset({407, 408})
_REFUSED: Final = 400
_MAX_ANSWER: Final = 64 * 1024
_MAX_RETRY_AFTER_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; `body` is empty when it was not a JSON object of a decent size."""

    status: int
    body: Mapping[str, object]
    retry_after_s: float | None

    @property
    def id(self) -> str:
        """The id in the body, empty when there is none."""
        identity = self.body.get("id")
        return identity if isinstance(identity, str) else ""


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """Return what was answered.

    Raises:
        aiohttp.ClientError: The answer breaks off.
    """
    content = await _beginning(response.content)
    return Answer(response.status, _object_in(content), _retry_after_s(response.headers))


def raise_for(answer: Answer) -> None:
    """Return when the answer says that it was done.

    Raises:
        DeliveryError: What it means that it was not, or perhaps not.
    """
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    fault = answer.body.get("error")
    code = fault.get("code") if isinstance(fault, dict) else None
    named = code if isinstance(code, str) else ""
    if status in _UNREACHABLE:
        raise UnreachableError(status, named)
    if status in _NOT_DONE:
        raise ConnectorUnavailableError(status, named, retry_after_s=answer.retry_after_s)
    if status in _ON_THE_WAY or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < _REFUSED:
        raise UnknownOutcomeError(status, named, retry_after_s=answer.retry_after_s)
    raise RejectedMessageError(status, named)


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """Return what was answered, or a little more than the most that is looked at."""
    read = b""
    while len(read) <= _MAX_ANSWER and (chunk := await content.read(_MAX_ANSWER)):
        read += chunk
    return read


def _object_in(content: bytes) -> Mapping[str, object]:
    if len(content) > _MAX_ANSWER:
        return {}
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


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
