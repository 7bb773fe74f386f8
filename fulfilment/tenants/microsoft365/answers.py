"""What Microsoft Graph answers, and what that means for the step.

Error resource: https://learn.microsoft.com/graph/errors
Licences: https://learn.microsoft.com/entra/identity/users/licensing-groups-resolve-problems

Graph gives most refusals the code `Request_BadRequest`; only the message tells them apart. What is
not recognised stays a refusal with its code. A message is never kept: it may hold a name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.call import Call, Reply

MISSING: Final = 404
"""Not there, or not yet: a moment after it was made or brought back."""

_CONFLICT: Final = 409
_FORBIDDEN: Final = 403
# Refused token, time limit, condition, lock, an earlier call of the batch, too many calls.
_FOR_NOW: Final = frozenset({401, 408, 412, 423, 424, 429})
_FOR_NOW_CODES: Final = frozenset({"directory_concurrencyviolation"})
_LONGEST_WAIT_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A refusal that is known by its words.

    Attributes:
        words: In lower case; one of them is in a code or a message.
        also: In lower case; one of them is there as well; empty for none.
        below: Paths that it is about; empty for all.
    """

    key: str
    words: tuple[str, ...]
    also: tuple[str, ...] = ()
    below: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


_ELSEWHERE: Final = "objects that have originated within an external service"
_REFUSALS: Final = (
    # A synced group is not for us to change either way; which way it goes, the tenant knows.
    _Refusal(
        key="tenant.group_kind",
        words=("on-premises mastered directory sync objects", _ELSEWHERE),
        below="/groups",
    ),
    _Refusal(
        key="tenant.synced",
        words=(
            "on-premises mastered directory sync objects",
            "objects currently undergoing migration",
        ),
    ),
    _Refusal(
        key="tenant.group_kind",
        words=("cannot update a mail-enabled security groups and or distribution list",),
    ),
    _Refusal(key="tenant.group_kind", words=("dynamic",), also=("member",), below="/groups"),
    _Refusal(key="tenant.last_owner", words=("the group must have at least one owner",)),
    _Refusal(
        key="tenant.upn_taken",
        words=(
            "another object with the same value for property userprincipalname",
            "another object with the same value for property proxyaddresses",
            "another object with the same value for property mail",
            "request_multipleobjectswithsamekeyvalue",
        ),
    ),
    _Refusal(
        key="tenant.upn_taken",
        words=("objectconflict", "conflictingobjects"),
        also=("userprincipalname", "proxyaddresses", "mail"),
    ),
    _Refusal(
        key="tenant.domain_unknown",
        words=("the domain portion of the userprincipalname property is invalid",),
    ),
    _Refusal(
        key="tenant.licence_none_left",
        words=("countviolation", "does not have any available licenses"),
    ),
    _Refusal(
        key="tenant.licence_conflict",
        words=("mutuallyexclusiveviolation", "are mutually exclusive"),
        params={"reason": "mutually_exclusive"},
    ),
    _Refusal(
        key="tenant.licence_conflict",
        words=("dependencyviolation", "depends on the service plan"),
        params={"reason": "dependency"},
    ),
    _Refusal(
        key="tenant.licence_conflict",
        words=("prohibitedinusagelocationviolation", "invalid usage location"),
        params={"reason": "usage_location"},
    ),
    _Refusal(
        key="tenant.licence_conflict",
        words=("uniquenessviolation",),
        params={"reason": "uniqueness"},
    ),
    _Refusal(
        key="tenant.licence_conflict",
        words=("license is inherited from a group",),
        params={"reason": "inherited"},
    ),
)


def reply_of(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
    """Return an answer as the tenant reads it; the names of the headers are in lower case."""
    error = body.get("error")
    inner = error.get("innerError") if isinstance(error, Mapping) else None
    known = inner.get("request-id") if isinstance(inner, Mapping) else None
    return Reply(
        status=status,
        body=body,
        request_id=headers.get("request-id") or (known if isinstance(known, str) else ""),
        retry_after_s=retry_after_s(headers),
    )


def is_for_now(reply: Reply) -> bool:
    """Tell whether the answer may be another one in a while: nothing is decided by it.

    Every 409 that is not a name in use is taken as two changes at once: at worst a person is
    called after the engine has tried long enough.
    """
    status = reply.status
    if status in _FOR_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK:
        return True
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return True
    texts = _texts(reply)
    if any(text in _FOR_NOW_CODES for text in texts):
        return True
    return status == _CONFLICT and not _is_among(("request_multiple", "objectconflict"), texts)


def is_there_already(reply: Reply) -> bool:
    """Tell whether something was refused because it is a member or an owner already."""
    there = "added object references already exist"
    return reply.status == HTTPStatus.BAD_REQUEST and _is_among((there,), _texts(reply))


def raise_for(reply: Reply, call: Call, **params: object) -> None:
    """Return when what was asked was done.

    Args:
        reply: The answer.
        call: What was asked.
        params: What the words shown to people need to know: `address`, `group`, `kind`.

    Raises:
        TransientTenantError: Not done now; something else answered, or somebody else was first.
        PermanentTenantError: Refused, with `operation` and Microsoft's `code`.
    """
    if reply.is_done:
        return
    if is_for_now(reply):
        raise TransientTenantError(reply.retry_after_s)
    known: dict[str, object] = {"operation": call.operation.name, "code": code_of(reply), **params}
    key, more = _key(reply, call)
    raise PermanentTenantError(key, {**known, **more})


def code_of(reply: Reply) -> str:
    """Return Microsoft's code of a refusal, such as `Request_BadRequest`; empty for none."""
    error = reply.body.get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, str) else ""


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that were asked for, between 0 and an hour, or None.

    A date is taken against the date of the same answer, so our clock does not matter.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _LONGEST_WAIT_S)
    until, now = _http_date(text), _http_date(headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT_S)


def _key(reply: Reply, call: Call) -> tuple[str, Mapping[str, object]]:
    is_about_group = call.operation.path.startswith("/groups")
    texts = _texts(reply)
    for refusal in _REFUSALS:
        if (
            call.operation.path.startswith(refusal.below)
            and _is_among(refusal.words, texts)
            and (not refusal.also or _is_among(refusal.also, texts))
        ):
            return refusal.key, refusal.params
    if reply.status == _FORBIDDEN:
        return "tenant.permission_missing", {"permission": call.operation.permission}
    if reply.status == MISSING:
        return ("tenant.group_missing" if is_about_group else "tenant.account_missing"), {}
    return "tenant.refused", {}


def _is_among(words: tuple[str, ...], texts: list[str]) -> bool:
    return any(word in text for word in words for text in texts)


def _texts(reply: Reply) -> list[str]:
    """Return the codes, targets and messages of a refusal, in lower case."""
    return [text.lower() for text in _said(reply.body.get("error"))]


def _said(error: object) -> Iterator[str]:
    if not isinstance(error, Mapping):
        return
    for name in ("code", "message", "target"):
        if isinstance(text := error.get(name), str):
            yield text
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        yield from _said(detail)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else None
