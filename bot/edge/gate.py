"""Decides who may speak to the bot, before anything they say is believed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from multidict import CIMultiDictProxy

from bot.edge.activity_fields import FieldError, check_fields
from bot.edge.refusal import Reason, RefusedError
from bot.edge.service_url import LOOPBACK_HOSTS, ServiceUrlError, normalise
from bot.edge.strict_json import StrictJsonError, parse_object
from bot.edge.token_verifier import Caller, TokenVerifier

CHANNEL: Final = "msteams"
MAX_BODY_BYTES: Final = 256 * 1024

_MAX_DIGITS: Final = 20

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BEARER: Final = "Bearer "
_BOT_PREFIX: Final = "28:"
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"
_PEOPLE_ROLES: Final = frozenset({"", "user"})
_BOT_ROLES: Final = frozenset({"", "bot"})
# Guests of a meeting are people without an account of the tenant.
_OUTSIDERS: Final = frozenset({"anonymous", "guest", "federated"})
# The channel itself; anything else is an app that speaks for somebody.
_CHANNEL_CALLER: Final = "urn:botframework:azure"
# Replies inside the HTTP answer, or over a stream, are how skills and emulators ask.
_PLAIN_DELIVERY: Final = frozenset({"", "normal", "notification"})
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via")
_HOST: Final = re.compile(r"(?P<name>[a-z0-9.-]+|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
_BY_PEOPLE: Final = frozenset({"message", "invoke"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """What the gate insists on.

    Attributes:
        app_id: App id of the bot; the audience of tokens and, after `28:`, its account.
        tenant_id: The one tenant that is served.
        service_hosts: Host names of the Bot Connector, in lower case, without ports.
        authenticated: False only in local mode, on loopback: no token, any tenant.
    """

    app_id: str
    tenant_id: str
    service_hosts: frozenset[str]
    authenticated: bool = True

    def __post_init__(self) -> None:
        if self.authenticated and not (self.app_id and self.tenant_id and self.service_hosts):
            raise ValueError("app id, tenant id and service hosts are required")
        if not self.authenticated and not self.service_hosts <= LOOPBACK_HOSTS:
            raise ValueError("without authentication only loopback hosts are served")

    @classmethod
    def local(cls, tenant_id: str) -> Self:
        """Return the policy for a demo on this machine, with the Agents Playground."""
        return cls(
            app_id="", tenant_id=tenant_id, service_hosts=LOOPBACK_HOSTS, authenticated=False
        )


@dataclass(frozen=True, slots=True)
class Admitted:
    """An activity that may be acted upon: every field the bot reads has its type.

    Attributes:
        payload: The parsed body; `from.aadObjectId` in lower case.
    """

    payload: dict[str, object]


class Gate:
    """Admits activities of the Teams channel for one app and one tenant."""

    def __init__(self, policy: GatePolicy, verifier: TokenVerifier | None) -> None:
        if policy.authenticated and verifier is None:
            raise ValueError("authentication needs a verifier")
        self._policy = policy
        self._verifier = verifier if policy.authenticated else None

    async def recognise(self, headers: CIMultiDictProxy[str]) -> Caller | None:
        """Return who calls, by the headers alone; None in local mode.

        Raises:
            RefusedError: Nobody the bot knows; do not even read the body.
        """
        if self._verifier is None:
            _require_this_machine(headers)
            return None
        values = headers.getall("Authorization", [])
        if len(values) != 1 or not values[0].startswith(_BEARER):
            raise RefusedError(Reason.CREDENTIALS_MISSING)
        caller = await self._verifier.verify(values[0].removeprefix(_BEARER))
        _check_announced_size(headers)
        return caller

    def examine(self, caller: Caller | None, raw: bytes) -> Admitted:
        """Return the activity in `raw` when it fits the caller and the policy.

        Raises:
            RefusedError: The body is no activity, or not one of this channel and tenant.
        """
        if len(raw) > MAX_BODY_BYTES:
            raise RefusedError(Reason.BODY_SIZE)
        try:
            payload = parse_object(raw)
            check_fields(payload)
        except StrictJsonError as error:
            raise RefusedError(Reason.BODY_JSON) from error
        except FieldError as error:
            raise RefusedError(Reason.BODY_FIELDS) from error
        self._check_channel(payload, caller)
        _check_delivery(payload)
        self._check_service_url(payload, caller)
        if self._policy.authenticated:
            self._check_tenant(payload)
        self._check_people(payload)
        return Admitted(payload)

    def _check_channel(self, payload: Mapping[str, object], caller: Caller | None) -> None:
        if payload.get("channelId") != CHANNEL:
            raise RefusedError(Reason.CHANNEL)
        if caller is not None and CHANNEL not in caller.key.endorsements:
            raise RefusedError(Reason.ENDORSEMENT)

    def _check_service_url(self, payload: Mapping[str, object], caller: Caller | None) -> None:
        stated = self._service_url(payload.get("serviceUrl"))
        if caller is not None and self._service_url(caller.claims.get("serviceurl")) != stated:
            raise RefusedError(Reason.SERVICE_URL)

    def _service_url(self, url: object) -> str:
        if not isinstance(url, str):
            raise RefusedError(Reason.SERVICE_URL)
        try:
            return normalise(url, allowed_hosts=self._policy.service_hosts)
        except ServiceUrlError as error:
            raise RefusedError(Reason.SERVICE_URL) from error

    def _check_tenant(self, payload: Mapping[str, object]) -> None:
        stated = _part(_part(payload, "channelData"), "tenant").get("id")
        elsewhere = (
            _part(payload, "conversation").get("tenantId"),
            _part(payload, "from").get("tenantId"),
        )
        for tenant in (stated, *(other for other in elsewhere if other is not None)):
            if not isinstance(tenant, str) or tenant.lower() != self._policy.tenant_id.lower():
                raise RefusedError(Reason.TENANT)

    def _check_people(self, payload: Mapping[str, object]) -> None:
        sender, recipient = _part(payload, "from"), _part(payload, "recipient")
        _check_sender(sender, is_act=payload["type"] in _BY_PEOPLE)
        own_account = f"{_BOT_PREFIX}{self._policy.app_id}"
        if _word(recipient, "role") not in _BOT_ROLES:
            raise RefusedError(Reason.RECIPIENT)
        if self._policy.authenticated and str(recipient["id"]).lower() != own_account.lower():
            raise RefusedError(Reason.RECIPIENT)


def _require_this_machine(headers: CIMultiDictProxy[str]) -> None:
    """Refuse in local mode what came through a proxy or under a name of another machine.

    The socket is on loopback, but a proxy or a page whose name was rebound can reach that.
    """
    host = _HOST.fullmatch(headers.get("Host", ""))
    if host is None or host["name"].lower() not in LOOPBACK_HOSTS:
        raise RefusedError(Reason.NOT_LOCAL)
    if any(name in headers for name in _FORWARDED):
        raise RefusedError(Reason.NOT_LOCAL)


def _check_announced_size(headers: CIMultiDictProxy[str]) -> None:
    """Refuse at once what would be too long, instead of waiting until it is."""
    length = headers.get("Content-Length", "")
    if length.isdecimal() and (len(length) > _MAX_DIGITS or int(length) > MAX_BODY_BYTES):
        raise RefusedError(Reason.BODY_SIZE)


def _check_delivery(payload: Mapping[str, object]) -> None:
    if _word(payload, "deliveryMode") not in _PLAIN_DELIVERY:
        raise RefusedError(Reason.DELIVERY)
    if payload.get("callerId") not in {None, _CHANNEL_CALLER}:
        raise RefusedError(Reason.FOREIGN_CALLER)


def _check_sender(sender: dict[str, object], *, is_act: bool) -> None:
    """Refuse all but a person of the tenant, and write their object id in lower case."""
    if str(sender["id"]).strip().startswith(_BOT_PREFIX):
        raise RefusedError(Reason.SENDER)
    if _word(sender, "role") not in _PEOPLE_ROLES or _word(sender, "userRole") in _OUTSIDERS:
        raise RefusedError(Reason.SENDER)
    person = sender.get("aadObjectId")
    if isinstance(person, str) and _GUID.fullmatch(person) and person != _NOBODY:
        sender["aadObjectId"] = person.lower()
    elif person is not None or is_act:
        raise RefusedError(Reason.SENDER)


def _word(parent: Mapping[str, object], name: str) -> str:
    """Return a word inside `parent` in lower case; empty when it is absent."""
    value = parent.get(name)
    return "" if value is None else str(value).lower()


def _part(parent: Mapping[str, object], name: str) -> dict[str, object]:
    """Return an object inside `parent`; its type was checked, its presence not."""
    part = parent.get(name)
    return part if isinstance(part, dict) else {}
