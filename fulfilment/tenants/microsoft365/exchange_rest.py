"""Runs cmdlets through the REST interface that the Exchange Online PowerShell module itself uses.

Microsoft does not document `InvokeCommand`; the supported way is `exchange_pwsh.py`. Its use by
others is described at https://michev.info/blog/post/5822.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog
from typing_extensions import override

from fulfilment.stamp import present_stamp
from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.answers import reply_of
from fulfilment.tenants.microsoft365.exchange_answers import raise_for, warning_classes
from fulfilment.tenants.microsoft365.exchange_checked import CheckedExchange
from fulfilment.tenants.microsoft365.exchange_cmdlets import Cmdlet, Ran
from fulfilment.tenants.microsoft365.patience import Patience
from fulfilment.tenants.microsoft365.quota import Quota, Resource
from fulfilment.tenants.microsoft365.wire import Answer, Question, Wire

# Exists in every organisation, and is where calls of an app without a mailbox are sent.
_ANCHOR: Final = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
_THROTTLED: Final = frozenset({429, 503})
_ASKS_TO_WAIT_S: Final = 10.0
_FOR_NOW: Final = frozenset({401, 408, 412, 423, 429})
_FORBIDDEN: Final = 403
_SERVER_ERROR: Final = 500
_REFUSED: Final = 400
_MOST_PAGES: Final = 1000

_log = structlog.get_logger(__name__)


class RestExchange(CheckedExchange):
    """Implements `Exchange`.

    A 200 says that the cmdlet ended, not that it did anything: whoever changes something reads it
    back. Exchange publishes no quota, so few cmdlets run side by side and the pace that all
    replicas share goes down whenever Exchange asks to wait.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        tenant: str,
        quota: Quota,
        patience: Patience | None = None,
        parallel: int = 4,
        quota_patience_s: float = 30.0,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            wire: To the address of Exchange, such as `https://outlook.office365.com`.
            tenant: GUID of the tenant.
            quota: Shared by all replicas.
            patience: How long a cmdlet that may be repeated is repeated.
            parallel: Most cmdlets of this process at once.
            quota_patience_s: Longest wait for the quota.
        """
        super().__init__(quota, patience=patience, quota_patience_s=quota_patience_s)
        self._wire = wire
        self._path = f"/adminapi/beta/{tenant}/InvokeCommand"
        self._anchor = f"{_ANCHOR}@{tenant}"
        self._places = asyncio.Semaphore(parallel)

    @override
    async def _once(self, cmdlet: Cmdlet, parameters: Mapping[str, object]) -> Ran:
        path = self._path
        if cmdlet.returns:
            path += "?$select=" + ",".join(cmdlet.returns)
        objects: list[Mapping[str, Any]] = []
        warnings: list[object] = []
        async with self._places:
            for _ in range(_MOST_PAGES):
                answer = await self._ask(cmdlet, parameters, path)
                objects += _maps(answer.body.get("value"))
                warnings += _list(answer.body.get("@adminapi.warnings"))
                link = answer.body.get("@odata.nextLink")
                if link is None:
                    return Ran(objects=tuple(objects), warnings=warning_classes(warnings))
                path = self._next(link)
        raise TransientTenantError

    async def _ask(self, cmdlet: Cmdlet, parameters: Mapping[str, object], path: str) -> Answer:
        body = {"CmdletInput": {"CmdletName": cmdlet.name, "Parameters": dict(parameters)}}
        headers = {
            "X-AnchorMailbox": self._anchor,
            "X-CmdletName": cmdlet.name,
            "X-ResponseFormat": "json",
            "Prefer": "odata.maxpagesize=1000",
        }
        stamp = present_stamp()
        if stamp is not None:
            headers["client-request-id"] = stamp.id
        answer = await self._wire.ask(
            Question(method="POST", path=path, body=body, headers=headers)
        )
        if stamp is not None and not cmdlet.name.startswith("Get-"):
            stamp.note(answer.headers.get("request-id", ""))
        if answer.status >= _REFUSED:
            await self._refused(answer, cmdlet)
        return answer

    async def _refused(self, answer: Answer, cmdlet: Cmdlet) -> None:
        reply = reply_of(answer.status, answer.body, answer.headers)
        if reply.status in _THROTTLED:
            seconds = reply.retry_after_s or _ASKS_TO_WAIT_S
            await self._quota.pause(Resource.EXCHANGE, seconds)
        message = _message(answer.body)
        if reply.status in _FOR_NOW or (reply.status >= _SERVER_ERROR and not message):
            _log.info("exchange does not do it now", cmdlet=cmdlet.name, status=reply.status)
            raise TransientTenantError(reply.retry_after_s)
        try:
            raise_for(message, cmdlet=cmdlet.name)
        except PermanentTenantError as error:
            if reply.status >= _SERVER_ERROR and error.key == "tenant.exchange_refused":
                raise TransientTenantError(reply.retry_after_s) from error
            if reply.status == _FORBIDDEN and error.key == "tenant.exchange_refused":
                raise PermanentTenantError("tenant.permission_missing", error.params) from error
            raise

    def _next(self, link: object) -> str:
        start = f"{self._wire.base}{self._path}"
        if isinstance(link, str) and link.partition("?")[0] == start:
            return link.removeprefix(self._wire.base)
        _log.warning("next page lies elsewhere")
        raise TransientTenantError


def _message(body: Mapping[str, Any]) -> str:
    """Return what Exchange says went wrong, for its class only."""
    error = body.get("error")
    if not isinstance(error, Mapping):
        return ""
    said = [detail.get("message") for detail in _maps(error.get("details"))]
    inner = error.get("innererror")
    deeper = inner.get("internalexception") if isinstance(inner, Mapping) else None
    if isinstance(deeper, Mapping):
        said.append(deeper.get("message"))
    said.append(error.get("message"))
    return "\n".join(text for text in said if isinstance(text, str))


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [one for one in _list(value) if isinstance(one, Mapping)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
