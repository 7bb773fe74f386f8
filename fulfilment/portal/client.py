"""Hands orders over by a signed POST that may be repeated without harm."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from fulfilment.portal.order import Order, TakeBack
from fulfilment.portal.signature import signed
from mutations.clock import Clock

_TIMEOUT: Final = aiohttp.ClientTimeout(total=15.0)
_MAX_ANSWER: Final = 16 * 1024
_MAX_RETRY_AFTER_S: Final = 3600.0
_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LATER: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class PortalUnavailableError(Exception):
    """Not now, or nobody answered: the order may be there, and is sent again.

    Attributes:
        retry_after_s: Seconds that the portal asked to wait; None when it did not say.
    """

    def __init__(self, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(code, retry_after_s)
        self.code = code
        self.retry_after_s = retry_after_s


class PortalRefusedError(Exception):
    """The portal does not take this order, and would not take it again.

    Attributes:
        code: The portal's own word for it, or the HTTP status.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Portal:
    """The portal of the supplier."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, *, keys: Sequence[bytes], clock: Clock
    ) -> None:
        self._session = session
        self._url = url
        self._keys = keys
        self._clock = clock

    async def send(self, order: Order | TakeBack) -> None:
        """Hand an order over; returns when the portal has it, now or since an earlier attempt.

        The same order goes out under the same key every time, so that twice is once. Redirects
        are not followed: what is signed is meant for this address.

        Raises:
            PortalUnavailableError: Try again later.
            PortalRefusedError: Do not.
        """
        body = msgspec.json.encode(order)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": order.order,
            **signed(body, message_id=order.order, at=self._clock.now(), keys=self._keys),
        }
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                answer = await _object_in(response)
                self._judge(response, answer, order)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PortalUnavailableError(type(error).__name__) from error

    def _judge(
        self,
        response: aiohttp.ClientResponse,
        answer: Mapping[str, object],
        order: Order | TakeBack,
    ) -> None:
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if status == HTTPStatus.CONFLICT and answer.get("order") == order.order:
            return
        is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if not is_refusal or status in _LATER:
            wait_s = _retry_after_s(response.headers, self._clock.now())
            raise PortalUnavailableError(f"HTTP {status}", wait_s)
        code = answer.get("code")
        is_word = isinstance(code, str) and _CODE.fullmatch(code)
        raise PortalRefusedError(str(code) if is_word else f"HTTP {status}")


async def _object_in(response: aiohttp.ClientResponse) -> Mapping[str, object]:
    """Return the JSON object of a decent size that was answered; empty for anything else."""
    content = b""
    async for chunk in response.content.iter_chunked(_MAX_ANSWER):
        content += chunk
        if len(content) > _MAX_ANSWER:
            return {}
    try:
        return msgspec.json.decode(content, type=dict[str, object])
    except msgspec.DecodeError:
        return {}


def _retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the wait that was asked for (RFC 9110, 10.2.3), at most an hour."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal() and value.isascii():
        return min(float(value[:9]), _MAX_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), _MAX_RETRY_AFTER_S)
