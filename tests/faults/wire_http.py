"""A wire for outgoing HTTP calls: it stands before a server and may cut at any call."""

import contextlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.fakes.loopback_server import end
from tests.faults.wire import Act, Watcher

_HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "host"})
_IDS = (
    (re.compile(r"(?<=/conversations/)[^/]+"), "{conversation}"),
    (re.compile(r"(?<=/activities/)[^/]+"), "{activity}"),
)

CallerOf = Callable[[int], str | None]
"""Names the process that calls from a local port; None when it is gone."""


@contextlib.asynccontextmanager
async def http_wire(
    upstream: str,
    watcher: Watcher,
    caller_of: CallerOf,
    *,
    key_and_certificate: Path | None = None,
) -> AsyncIterator[int]:
    """Stand before the server at `upstream` (scheme, host, port); lend the port to call instead.

    With `key_and_certificate` (PEM, also what the server itself shows) both sides speak TLS.
    """
    outward = inward = None
    if key_and_certificate is not None:
        outward = ssl.create_default_context(cafile=str(key_and_certificate))
        inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        inward.load_cert_chain(key_and_certificate)
    connector = aiohttp.TCPConnector(ssl=outward if outward is not None else True)
    async with aiohttp.ClientSession(upstream, connector=connector) as session:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", _forwarder(session, watcher, caller_of))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=inward).start()
            yield runner.addresses[0][1]
        finally:
            await end(runner)


def _forwarder(
    session: aiohttp.ClientSession, watcher: Watcher, caller_of: CallerOf
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def forward(request: web.Request) -> web.Response:
        transport = request.transport
        caller = None
        if transport is not None:
            caller = caller_of(transport.get_extra_info("peername")[1])
        if caller is None:
            return _cut(request)
        try:
            body = await request.read()
        except OSError:  # killed while it was calling
            return _cut(request)
        text = f"{request.method} {_template(request.path)}{_inside(request.path, body)}"
        act = Act(process=caller, text=text)
        if not await watcher.may_go(act):
            return _cut(request)
        async with session.request(
            request.method,
            request.rel_url,
            data=body,
            headers=_carried(request.headers),
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            if not await watcher.may_return(act):
                return _cut(request)
            return web.Response(
                status=answer.status, body=content, headers=_carried(answer.headers)
            )

    return forward


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _template(path: str) -> str:
    for pattern, name in _IDS:
        path = pattern.sub(name, path)
    return path


def _inside(path: str, body: bytes) -> str:
    """Return what a call to the tenant carries: the items of a batch, or its cmdlet."""
    if path.endswith("/$batch"):
        items = json.loads(body)["requests"]
        asked = sorted({f"{one['method']} {one['url'].partition('?')[0]}" for one in items})
        return f": {', '.join(asked)}"
    if path.endswith("/InvokeCommand"):
        return f": {json.loads(body)['CmdletInput']['CmdletName']}"
    return ""


def _carried(headers: "aiohttp.typedefs.LooseHeaders") -> dict[str, str]:
    return {
        name: value for name, value in dict(headers).items() if name.lower() not in _HOP_BY_HOP
    }
