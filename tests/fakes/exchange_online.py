"""Exchange Online of the fake tenant over HTTP: `InvokeCommand`.

The interface is that of the Exchange Online PowerShell module; Microsoft does not document it.
What is known of it: https://michev.info/blog/post/5822. Cmdlets that change something answer with
an empty list; refusals are in `error.details`, warnings in `@adminapi.warnings`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from tests.fakes.graph_faults import outer_of
from tests.fakes.tenant_cmdlets import NO_CHANGE, Cmdlets, Output
from tests.fakes.tenant_core import TenantCore, cut, effect_of
from tests.fakes.tenant_exchange_errors import (
    ExchangeError,
    missing_parameter,
    no_cmdlet,
    no_object,
    no_parameter,
    out_of_scope,
    server_fault,
)
from tests.fakes.tenant_faults import PlannedFault, Stage, TenantFault
from tests.fakes.tenant_tokens import EXCHANGE, Grant

GRANTED: Final = frozenset(
    {
        *("Get-Mailbox", "Set-Mailbox", "Get-MailboxStatistics", "Get-DistributionGroupMember"),
        *("Add-DistributionGroupMember", "Remove-DistributionGroupMember"),
    }
)
"""Cmdlets that the role group of the application has, unless a test says otherwise."""

_ROLE: Final = "Exchange.ManageAsApp"
_ANCHOR: Final = re.compile(r"(?:APP|UPN|AAD-UPN):.+@.+")
_PAGE_SIZE: Final = re.compile(r"odata\.maxpagesize=(\d+)")
_PAGE: Final = 1000
_GARBAGE: Final = "<html><body>Service Unavailable</body></html>"


class _Input(msgspec.Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    cmdlet_name: str
    parameters: dict[str, Any] = {}


class _Document(msgspec.Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    cmdlet_input: _Input


class FakeExchange:
    """Answers everything under `/adminapi`.

    Attributes:
        granted: Cmdlets that the application may run; others do not exist for it.
    """

    def __init__(self, core: TenantCore) -> None:
        self._core = core
        self._cmdlets = Cmdlets(core.state)
        self.granted = GRANTED

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_route("*", "/adminapi/{path:.*}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        core = self._core
        asked = _asked(await request.read())
        name = asked.cmdlet_name if asked else ""
        target = str(asked.parameters.get("Identity", "")) if asked else ""
        call = (name, target)
        outer = outer_of(core.strike(Stage.OUTER, [call]))
        authorization = request.headers.get("Authorization", "")
        if outer.kills_token:
            core.tokens.kill(authorization.removeprefix("Bearer "))
        grant = core.tokens.grant_of(authorization, EXCHANGE)
        if not outer.is_done:
            response, was_done = web.Response(status=503), False
        else:
            response, was_done = self._answer(request, asked, grant)
        if outer.error is not None:
            response = web.Response(status=outer.error.status, headers=outer.error.headers)
        request_id = core.new_request_id()
        response.headers["request-id"] = request_id
        core.log(
            request.method,
            request.path,
            None if asked is None else msgspec.to_builtins(asked),
            authorization or None,
            status=0 if outer.is_cut else response.status,
            operation=name,
            target=target,
            request_id=request_id,
            stamp=request.headers.get("client-request-id", ""),
            is_write=not name.startswith("Get-"),
            was_done=was_done and not name.startswith("Get-"),
        )
        if outer.is_cut:
            return cut(request)
        if outer.is_garbage:
            return web.Response(text=_GARBAGE, content_type="text/html")
        return response

    def _answer(
        self, request: web.Request, asked: _Input | None, grant: Grant
    ) -> tuple[web.Response, bool]:
        """Return the answer, and whether the cmdlet was run to its end."""
        if grant.fault:
            challenge = {"WWW-Authenticate": f'Bearer error="invalid_token", "{grant.fault}"'}
            return web.Response(status=401, headers=challenge), False
        if fault := self._misses(request, asked, grant):
            return fault, False
        assert asked is not None
        try:
            output = self._run(asked)
            return web.json_response(self._page(request, output)), output.was_run
        except ExchangeError as error:
            return web.json_response(error.body, status=error.status), False

    def _misses(
        self, request: web.Request, asked: _Input | None, grant: Grant
    ) -> web.Response | None:
        """Return the refusal of a request that no cmdlet is asked for by."""
        if request.path != f"/adminapi/beta/{self._core.tokens.tenant_id}/InvokeCommand":
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405)
        if _ROLE not in grant.roles:
            text = "The role assigned to application isn't supported in this scenario."
            return web.json_response({"error": {"code": "Forbidden", "message": text}}, status=403)
        named = request.headers.get("X-CmdletName", asked.cmdlet_name if asked else "")
        is_routed = _ANCHOR.fullmatch(request.headers.get("X-AnchorMailbox", ""))
        is_json = request.content_type == "application/json"
        if asked is None or not is_routed or not is_json or named != asked.cmdlet_name:
            text = "The request is invalid: CmdletInput and X-AnchorMailbox are needed."
            body = {"error": {"code": "BadRequest", "message": text}}
            return web.json_response(body, status=400)
        return None

    def _run(self, asked: _Input) -> Output:
        """Run a cmdlet, if the application has it and the parameters are its own.

        Raises:
            ExchangeError: Exchange refuses.
        """
        name, given = asked.cmdlet_name, asked.parameters
        cmdlet = self._cmdlets.by_name.get(name) if name in self.granted else None
        if cmdlet is None:
            raise no_cmdlet(name)
        for parameter in given:
            if parameter not in cmdlet.takes:
                raise no_parameter(parameter)
        if missing := cmdlet.needs - set(given):
            raise missing_parameter(min(missing))
        identity = str(given.get("Identity", ""))
        call = (name, identity)
        if output := _struck(self._core.strike(Stage.CALL, [call]), name, identity):
            return output
        writes = [] if name.startswith("Get-") else self._core.strike(Stage.WRITE, [call])
        late = [one.seconds for one in writes if one.fault is TenantFault.HOLD_NOT_EFFECTIVE]
        self._core.state.settle()
        self._cmdlets.hold_is_late = late[0] if late else None
        with self._core.state.effect(effect_of(writes)):
            return cmdlet.run(given)

    def _page(self, request: web.Request, output: Output) -> dict[str, Any]:
        found = _PAGE_SIZE.search(request.headers.get("Prefer", ""))
        size = int(found.group(1)) if found else _PAGE
        start = int(request.query.get("$skiptoken", "0"))
        names = request.query.get("$select")
        page: dict[str, Any] = {
            "@odata.context": f"{self._core.origin}{request.path}#context",
            "adminapi.warnings@odata.type": "#Collection(String)",
            "@adminapi.warnings": list(output.warnings),
            "value": [_selected(one, names) for one in output.objects[start : start + size]],
        }
        if start + size < len(output.objects):
            query = {**request.query, "$skiptoken": str(start + size)}
            page["@odata.nextLink"] = str(request.url.with_query(query))
        return page


def _asked(raw: bytes) -> _Input | None:
    try:
        return msgspec.json.decode(raw, type=_Document).cmdlet_input
    except msgspec.MsgspecError:
        return None


def _struck(struck: list[PlannedFault], cmdlet: str, identity: str) -> Output | None:
    """Return what a fault answers instead of the cmdlet, None for nothing, or refuse."""
    for one in struck:
        if one.fault is TenantFault.EXCHANGE_NOT_YET:
            raise no_object(identity)
        if one.fault is TenantFault.EXCHANGE_SYNCED:
            raise out_of_scope(cmdlet, "EmailAddresses", identity)
        if one.fault is TenantFault.EXCHANGE_500:
            raise server_fault()
        if one.fault is TenantFault.EXCHANGE_WARNING:
            return Output(warnings=(NO_CHANGE.format(identity=identity),), was_run=False)
    return None


def _selected(one: Mapping[str, Any], names: str | None) -> dict[str, Any]:
    if names is None:
        return dict(one)
    return {name: one[name] for name in names.split(",") if name in one}
