"""The five addresses of the process, with limits on how long and how much others may talk."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp
import orjson
import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.edge.adapter import EdgeAdapter, InvokeAnswer
from bot.edge.gate import MAX_BODY_BYTES, Admitted, Gate
from bot.edge.metrics import EdgeMetrics
from bot.edge.refusal import Reason, RefusedError

Probe = Callable[[], Awaitable[bool | str]]
"""Answers True when all is well, False or a word about the trouble when not."""

MESSAGES_PATH: Final = "/api/messages"

_JSON: Final = "application/json"
_BODY_TIMEOUT_S: Final = 10.0
_PROBE_TIMEOUT_S: Final = 2.0
_IDLE_S: Final = 15.0
_LINGER_S: Final = 2.0
_DRAIN_S: Final = 14.0  # longer than any turn takes, its look for an unknown key included
_MAX_HEADER_BYTES: Final = 16 * 1024

_log = structlog.get_logger(__name__)


class _Asked:
    """A probe that runs once at a time and is not waited for long.

    One that hangs is neither started again nor cancelled: its end is what the next to ask hears.
    """

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._running: asyncio.Task[bool | str] | None = None

    async def answer(self) -> bool | str:
        """Return what the probe says, or that it does not."""
        running = self._running or asyncio.create_task(self._run())
        self._running = running
        await asyncio.wait({running}, timeout=_PROBE_TIMEOUT_S)
        if not running.done():
            return "no answer in time"
        self._running = None
        return running.result()

    async def _run(self) -> bool | str:
        return await self._probe()


class Endpoints:
    """The handlers behind the addresses."""

    def __init__(
        self,
        gate: Gate,
        adapter: EdgeAdapter,
        *,
        metrics: EdgeMetrics,
        probes: Mapping[str, Probe],
    ) -> None:
        self._gate = gate
        self._adapter = adapter
        self._metrics = metrics
        self._probes = {name: _Asked(probe) for name, probe in probes.items()}

    async def messages(self, request: web.Request) -> web.Response:
        """Take one activity: 200, the answer to an invoke, or the status of a refusal."""
        try:
            admitted = await self._admit(request)
        except RefusedError as refusal:
            self._metrics.refusals.labels(refusal.reason.value).inc()
            _log.info("request refused", reason=refusal.reason.value)
            return web.Response(status=refusal.status)
        with self._metrics.turn_seconds.time():
            answer = await self._adapter.process(admitted.payload)
        return _response(answer)

    async def started(self, _: web.Request) -> web.Response:
        """Answer 200: the program is put together, or nobody would listen here."""
        return web.Response(text="started")

    async def live(self, _: web.Request) -> web.Response:
        """Answer 200: the loop turns."""
        return web.Response(text="alive")

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 when every probe is well, 503 with what is not otherwise."""
        results = await asyncio.gather(*(asked.answer() for asked in self._probes.values()))
        checks = dict(zip(self._probes, results, strict=True))
        is_ready = all(result is True for result in results)
        return web.Response(
            status=200 if is_ready else 503,
            body=orjson.dumps({"ready": is_ready, "checks": checks}),
            content_type=_JSON,
        )

    async def metrics(self, _: web.Request) -> web.Response:
        """Answer the counters in the text format of Prometheus."""
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _admit(self, request: web.Request) -> Admitted:
        caller = await self._gate.recognise(request.headers)
        if not states_json(request):
            raise RefusedError(Reason.CONTENT_TYPE)
        return self._gate.examine(caller, await read_body(request))


def make_app(
    gate: Gate, adapter: EdgeAdapter, *, metrics: EdgeMetrics, probes: Mapping[str, Probe]
) -> web.Application:
    """Return the web application; serve it with `make_runner`."""
    endpoints = Endpoints(gate, adapter, metrics=metrics, probes=probes)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.on_response_prepare.append(_drop_banner)
    app.router.add_post(MESSAGES_PATH, endpoints.messages)
    app.router.add_get("/livez", endpoints.live)
    app.router.add_get("/readyz", endpoints.ready)
    app.router.add_get("/startup", endpoints.started)
    app.router.add_get("/metrics", endpoints.metrics)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """Return the runner of `app`: headers within 15 s, no access log with addresses in it."""
    return web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_DRAIN_S,
        # aiohttp counts this from the start of the connection, so it bounds slow headers too.
        keepalive_timeout=_IDLE_S,
        lingering_time=_LINGER_S,
        max_field_size=_MAX_HEADER_BYTES,
        auto_decompress=False,
    )


async def _drop_banner(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)


def states_json(request: web.Request) -> bool:
    """Tell whether a request says that it holds JSON.

    A page in a browser can send anything to loopback but this type without being asked.
    """
    # aiohttp's own reading of the header fails on some that are malformed.
    stated = request.headers.get("Content-Type", "").partition(";")[0]
    return stated.strip().lower() == _JSON


async def read_body(request: web.Request) -> bytes:
    """Return a body that comes whole, in time and of a decent size.

    Raises:
        RefusedError: It does not.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise RefusedError(Reason.BODY_BROKEN)
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise RefusedError(Reason.BODY_SIZE) from error
    except TimeoutError as error:
        raise RefusedError(Reason.BODY_SLOW) from error
    except (aiohttp.ClientError, web.RequestPayloadError, ConnectionError) as error:
        raise RefusedError(Reason.BODY_BROKEN) from error


def _response(answer: InvokeAnswer | None) -> web.Response:
    if answer is None:
        return web.Response(status=200)
    if answer.body is None:
        again = answer.retry_after_s
        headers = {} if again is None else {"Retry-After": str(again)}
        return web.Response(status=answer.status, headers=headers)
    return web.Response(status=answer.status, body=orjson.dumps(answer.body), content_type=_JSON)
