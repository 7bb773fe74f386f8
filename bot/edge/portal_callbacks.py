"""The address at which the portal of a supplier tells what became of an order."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import structlog
from aiohttp import web

from bot.edge.http import read_body, states_json
from bot.edge.metrics import EdgeMetrics
from bot.edge.refusal import Reason, RefusedError
from bot.edge.strict_json import StrictJsonError, parse_object
from fulfilment.portal.order import (
    Accepted,
    Done,
    InProgress,
    MalformedStatusError,
    NeedsPerson,
    Status,
    asked_positions,
    read_status,
)
from fulfilment.portal.signature import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    ForgedError,
    UnsignedError,
    UntimelyError,
    verified,
)
from mutations.clock import Clock
from mutations.handover import HandoverState, Reported, order_called
from mutations.use_cases import UseCases
from mutations.use_cases.portal_order import Heard, OtherStepsError, UnknownOrderError
from store.database import DatabaseUnavailableError

ORDER_STATUS_PATH: Final = "/api/orders/status"
MAX_STATUS_BYTES: Final = 64 * 1024

_MAX_DIGITS: Final = 20
_AGAIN: Final = {"Retry-After": "5"}

_STATES: Final[Mapping[type[Status], HandoverState]] = MappingProxyType(
    {
        Accepted: HandoverState.ACCEPTED,
        InProgress: HandoverState.IN_PROGRESS,
        NeedsPerson: HandoverState.NEEDS_PERSON,
        Done: HandoverState.DONE,
    }
)

_log = structlog.get_logger(__name__)


class PortalCallbacks:
    """Lets in what the portal signed within five minutes, and acts on it once."""

    def __init__(
        self, use_cases: UseCases, *, keys: Sequence[bytes], clock: Clock, metrics: EdgeMetrics
    ) -> None:
        self._use = use_cases
        self._keys = keys
        self._clock = clock
        self._metrics = metrics

    async def status(self, request: web.Request) -> web.Response:
        """Take one state: 204 once it is recorded, also the second time; else why not.

        401 and 403 are for who does not sign, 413 and 400 for the document, 404 for an order
        that was never handed over, 503 while the database is away.
        """
        try:
            await self._take(request)
        except RefusedError as refusal:
            self._metrics.refusals.labels(refusal.reason.value).inc()
            _log.info("call-back refused", reason=refusal.reason.value)
            return web.Response(status=refusal.status)
        except DatabaseUnavailableError:
            return web.Response(status=503, headers=_AGAIN)
        return web.Response(status=204)

    async def _take(self, request: web.Request) -> None:
        if not all(len(request.headers.getall(name, [])) == 1 for name in (ID, TIMESTAMP)):
            raise RefusedError(Reason.CREDENTIALS_MISSING)
        if len(request.headers.getall(SIGNATURE, [])) != 1:
            raise RefusedError(Reason.CREDENTIALS_MISSING)
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and (len(length) > _MAX_DIGITS or int(length) > MAX_STATUS_BYTES):
            raise RefusedError(Reason.BODY_SIZE)
        raw = await read_body(request)
        if len(raw) > MAX_STATUS_BYTES:
            raise RefusedError(Reason.BODY_SIZE)
        message_id = self._signed_by_portal(request, raw)
        if not states_json(request):
            raise RefusedError(Reason.CONTENT_TYPE)
        await self._hear(_heard(message_id, _status_in(raw)))

    def _signed_by_portal(self, request: web.Request, raw: bytes) -> str:
        try:
            return verified(raw, request.headers, now=self._clock.now(), keys=self._keys)
        except UnsignedError as error:
            raise RefusedError(Reason.CREDENTIALS_MISSING) from error
        except ForgedError as error:
            raise RefusedError(Reason.SIGNATURE) from error
        except UntimelyError as error:
            raise RefusedError(Reason.LIFETIME) from error

    async def _hear(self, heard: Heard) -> None:
        try:
            await self._use.hear_portal(heard, asked=asked_positions)
        except UnknownOrderError as error:
            raise RefusedError(Reason.UNKNOWN_ORDER) from error
        except OtherStepsError as error:
            raise RefusedError(Reason.BODY_FIELDS) from error


def _status_in(raw: bytes) -> Status:
    try:
        return read_status(parse_object(raw))
    except StrictJsonError as error:
        raise RefusedError(Reason.BODY_JSON) from error
    except MalformedStatusError as error:
        raise RefusedError(Reason.BODY_FIELDS) from error


def _heard(message_id: str, status: Status) -> Heard:
    told = status.steps if isinstance(status, Done) else ()
    order, asks = order_called(status.order)
    return Heard(
        message_id=message_id,
        order=order,
        asks=asks,
        state=_STATES[type(status)],
        reason=status.reason if isinstance(status, NeedsPerson) else "",
        reported=tuple(Reported(position=one.position, after=one.after) for one in told),
    )
