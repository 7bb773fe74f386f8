"""Microsoft Graph v1.0 of the fake tenant over HTTP: single calls and batches.

What the real one checks is checked: the token and its audience, the permission, method and path,
the JSON content type, the quota. Written from Microsoft's documentation, apart from any client.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web

from tests.fakes.graph_batch import (
    Done,
    Item,
    failed_dependency,
    has_writes,
    in_some_order,
    items_of,
    read_batch,
)
from tests.fakes.graph_call import Answer, Asked, Router, parts
from tests.fakes.graph_errors import (
    GraphError,
    bad_request,
    denied,
    no_method,
    throttled,
    unauthorized,
)
from tests.fakes.graph_faults import Outer, outer_of, refusal_of
from tests.fakes.graph_query import Query
from tests.fakes.graph_table import routes
from tests.fakes.tenant_core import TenantCore, cut, effect_of
from tests.fakes.tenant_faults import Stage, TenantFault
from tests.fakes.tenant_quota import TELL_FROM, units_of
from tests.fakes.tenant_tokens import GRAPH, Grant

_VERSION: Final = "/v1.0"
_BATCH: Final = "/$batch"
_GARBAGE: Final = "<html><body>Service Unavailable</body></html>"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class _Sent:
    """One call as it arrives.

    Attributes:
        batch: Id of the batch it is in; empty for none.
        item: Its id there; empty for an HTTP request.
        answered: Status that the caller sees whatever becomes of it, 0 for no answer; None for
            that of the answer.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    batch: str = ""
    item: str = ""
    answered: int | None = None


class FakeGraph:
    """Answers everything under `/v1.0`.

    Attributes:
        page: Entries of a page when a call does not say; small to see links followed.
    """

    def __init__(self, core: TenantCore) -> None:
        self._core = core
        self._router = Router(routes(core.state, core.tokens.tenant_id))
        self.page = 100

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_route("*", _VERSION + "/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        core, raw = self._core, await request.read()
        body, is_json = _parsed(raw)
        headers = {name.lower(): value for name, value in request.headers.items()}
        url = request.raw_path.removeprefix(_VERSION)
        sent = _Sent(request.method, url, headers, body)
        is_batch = parts(url)[0] == _BATCH
        outer = outer_of(core.strike(Stage.OUTER, self._calls(sent, is_batch=is_batch)))
        sent = replace(sent, answered=outer.answered)
        authorization = headers.get("authorization", "")
        if outer.kills_token:
            core.tokens.kill(authorization.removeprefix("Bearer "))
        grant = core.tokens.grant_of(authorization, GRAPH)
        if not outer.is_done:
            answer = self._lost(sent, is_batch=is_batch)
        elif not is_json:
            answer = self._refuse(sent, bad_request("Unable to read JSON request payload."))
        elif is_batch:
            answer = self._batch(sent, grant)
        else:
            answer = self._one(sent, grant)
        return self._sent_back(request, sent, outer, answer)

    def _lost(self, sent: _Sent, *, is_batch: bool) -> Answer:
        """Note what is asked by a request that is not done."""
        if not is_batch:
            self._log(sent, 0, self._named(sent.method, sent.url), is_write=sent.method != "GET")
            return Answer()
        batch = self._core.new_request_id()
        self._log(sent, 0, ("$batch", ""), batch=batch)
        for item in items_of(sent.body):
            lost = replace(
                sent, method=item.method, url=item.url, body=item.body, batch=batch, item=item.id
            )
            named = self._named(item.method, item.url)
            self._log(lost, 0, named, is_write=item.method != "GET")
        return Answer()

    def _sent_back(
        self, request: web.Request, sent: _Sent, outer: Outer, answer: Answer
    ) -> web.Response:
        if outer.is_cut:
            return cut(request)
        if outer.is_garbage:
            return web.Response(text=_GARBAGE, content_type="text/html")
        if outer.error is not None:
            answer = self._error(sent, outer.error)
        headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        if isinstance(answer.body, str):
            return web.Response(status=answer.status, headers=headers, text=answer.body)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    def _calls(self, sent: _Sent, *, is_batch: bool) -> list[tuple[str, str]]:
        if not is_batch:
            return [self._named(sent.method, sent.url)]
        calls = [self._named(one.method, one.url) for one in items_of(sent.body)]
        return [("$batch", ""), *calls]

    def _named(self, method: str, url: str) -> tuple[str, str]:
        """Return operation and target of a call, as a plan names them."""
        path, _ = parts(url)
        try:
            route, ids = self._router.find(method, path)
        except GraphError:
            return f"{method} {path}", ""
        return route.operation, ids[0] if ids else ""

    def _batch(self, sent: _Sent, grant: Grant) -> Answer:
        core, batch = self._core, self._core.new_request_id()
        if sent.method != "POST":
            return self._refuse(sent, no_method())
        if grant.fault:
            return self._refuse(sent, unauthorized(grant.fault))
        try:
            items = read_batch(sent.body)
        except GraphError as error:
            return self._refuse(sent, error)
        self._log(sent, 200, ("$batch", ""), request_id=batch, batch=batch)
        done: dict[str, Done] = {}
        for item in in_some_order(items, core.state.random):
            if all(done[one].status < 400 for one in item.depends_on):
                done[item.id] = self._item(item, batch, sent, grant)
            else:
                done[item.id] = failed_dependency(item)
        answers = [one.json for one in done.values() if one.status]
        core.state.random.shuffle(answers)
        return Answer(200, {"responses": answers})

    def _item(self, item: Item, batch: str, around: _Sent, grant: Grant) -> Done:
        headers = item.lower_headers | {"authorization": around.headers.get("authorization", "")}
        sent = _Sent(item.method, item.url, headers, item.body, batch, item.id)
        answer = self._one(sent, grant)
        return Done(item, answer.status, answer.headers, answer.body)

    def _one(self, sent: _Sent, grant: Grant) -> Answer:
        """Answer one call; status 0 is an item that is missing from the answer of its batch."""
        core = self._core
        named = self._named(sent.method, sent.url)
        if grant.fault:
            return self._refuse(sent, unauthorized(grant.fault))
        struck = core.strike(Stage.CALL, [named])
        try:
            if refusal := refusal_of(struck):
                raise refusal
            asked = self._asked(sent, grant)
            self._admit(asked)
            writes = core.strike(Stage.WRITE, [named]) if asked.route.is_write else []
            with core.state.effect(effect_of(writes)):
                answer = asked.route.handler(asked)
        except GraphError as error:
            return self._refuse(sent, error)
        request_id = core.new_request_id()
        is_write = asked.route.is_write
        self._log(
            sent,
            answer.status,
            named,
            request_id=request_id,
            is_write=is_write,
            was_done=is_write,
        )
        if sent.item and any(one.fault is TenantFault.ITEM_MISSING for one in struck):
            return Answer(0)
        headers = self._headers(sent, request_id, _units(asked)) | dict(answer.headers)
        return Answer(answer.status, answer.body, headers)

    def _asked(self, sent: _Sent, grant: Grant) -> Asked:
        path, query = parts(sent.url)
        route, ids = self._router.find(sent.method, path)
        if not grant.roles & route.permissions:
            raise denied()
        if sent.body is not None and _JSON not in sent.headers.get("content-type", ""):
            message = "Entity only allows writes with a JSON Content-Type header."
            raise GraphError(400, "RequestBodyRead", message)
        if route.has_body and sent.body is None:
            raise bad_request("Empty Payload. JSON content expected.")
        is_eventual = sent.headers.get("consistencylevel", "").casefold() == "eventual"
        asked_for = Query(
            resource=route.resource, given=query, is_eventual=is_eventual, page=self.page
        )
        asked_for.check()
        return Asked(
            route=route,
            ids=ids,
            query=asked_for,
            url=f"{self._core.origin}{_VERSION}{path}",
            headers=sent.headers,
            body=sent.body,
            roles=grant.roles,
        )

    def _admit(self, asked: Asked) -> None:
        quota = self._core.quota
        if quota is None:
            return
        wait_s = quota.admit(is_write=asked.route.is_write, units=_units(asked))
        if wait_s > 0:
            raise throttled(str(max(1, math.ceil(wait_s))))

    def _refuse(self, sent: _Sent, error: GraphError) -> Answer:
        answer = self._error(sent, error)
        is_batch = parts(sent.url)[0] == _BATCH and not sent.item
        named = ("$batch", "") if is_batch else self._named(sent.method, sent.url)
        is_write = has_writes(sent.body) if is_batch else sent.method != "GET"
        request_id = str(answer.headers["request-id"])
        self._log(sent, answer.status, named, request_id=request_id, is_write=is_write)
        return answer

    def _error(self, sent: _Sent, error: GraphError) -> Answer:
        request_id = self._core.new_request_id()
        stamp = sent.headers.get("client-request-id", "")
        body = error.body(request_id, stamp, self._core.state.now)
        headers = self._headers(sent, request_id, 0) | error.headers
        return Answer(error.status, body, headers)

    def _headers(self, sent: _Sent, request_id: str, units: int) -> dict[str, str]:
        headers = {"Content-Type": _JSON, "request-id": request_id}
        if stamp := sent.headers.get("client-request-id"):
            headers["client-request-id"] = stamp
        if units:
            headers["x-ms-resource-unit"] = str(units)
        used = self._core.quota.used if self._core.quota else 0.0
        if used >= TELL_FROM:
            headers["x-ms-throttle-limit-percentage"] = f"{used:.2f}"
        return headers

    def _log(self, sent: _Sent, status: int, named: tuple[str, str], **rest: Any) -> None:
        self._core.log(
            sent.method,
            _VERSION + parts(sent.url)[0],
            sent.body,
            sent.headers.get("authorization"),
            status=status if sent.answered is None else sent.answered,
            operation=named[0],
            target=named[1],
            stamp=sent.headers.get("client-request-id", ""),
            **{"batch": sent.batch, "item": sent.item, **rest},
        )


def _parsed(raw: bytes) -> tuple[Any, bool]:
    """Return the JSON document of a request, None for none, and whether it is one."""
    if not raw:
        return None, True
    try:
        return json.loads(raw), True
    except ValueError:
        return None, False


def _units(asked: Asked) -> int:
    given = asked.query.given
    return units_of(base=asked.route.units, has_select="$select" in given, top=asked.query.top)
