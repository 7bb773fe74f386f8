"""What Exchange Online answers to a cmdlet, and what that means for the step.

Errors come as `Ex6F9304|Microsoft.Exchange.Configuration.Tasks.SomeException|What happened`; the
name of the exception tells them apart, the rest may hold names and addresses and is never kept.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fulfilment.tenant import PermanentTenantError, TransientTenantError

_EXCEPTION: Final = re.compile(r"\b(?:[A-Za-z]+\.)*([A-Za-z]{3,60}Exception)\b")
_UNKNOWN: Final = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """One class of messages.

    Attributes:
        key: What a person is told; empty for what passes by itself.
        words: In lower case; one of them is in the message.
        noun: End of the cmdlets that it holds for; empty for all.
    """

    key: str
    words: tuple[str, ...]
    noun: str = ""


_MEANINGS: Final = (
    _Meaning(key="tenant.member_missing", words=("membernotfoundexception",)),
    _Meaning(key="tenant.member_already", words=("memberalreadyexistsexception",)),
    _Meaning(
        key="tenant.synced",
        words=("being synchronized from your on-premises organization",),
        noun="Mailbox",
    ),
    _Meaning(
        key="tenant.group_kind",
        words=("being synchronized from your on-premises organization",),
    ),
    _Meaning(
        key="tenant.upn_taken",
        words=("proxyaddressexistsexception", "is already being used by", "objectconflict"),
    ),
    _Meaning(
        key="tenant.mailbox_missing",
        words=("managementobjectnotfoundexception", "couldn't be found"),
        noun="Mailbox",
    ),
    _Meaning(
        key="tenant.mailbox_missing",
        words=("managementobjectnotfoundexception", "couldn't be found"),
        noun="MailboxStatistics",
    ),
    _Meaning(
        key="tenant.group_missing",
        words=("managementobjectnotfoundexception", "couldn't be found"),
    ),
    _Meaning(
        key="tenant.permission_missing",
        words=(
            "cmdletaccessdeniedexception",
            "unauthorizedaccessexception",
            "isn't within your current write scopes",
            "don't have sufficient permissions",
            "is not recognized as",  # a cmdlet that no role of the app has
        ),
    ),
    _Meaning(
        key="",
        words=(
            "transientexception",
            "serverbusy",
            "serverunavailable",
            "throttl",
            "dcoverloaded",
            "timeoutexception",
            "timed out",
            "concurrency",
            "please try again",
        ),
    ),
)
_WARNINGS: Final = (
    ("no_effect", ("no settings of", "have been modified")),
    ("incomplete", ("more results available", "only the first", "results were truncated")),
    ("delayed", ("may take up to", "might take up to")),
)


def raise_for(message: str, *, cmdlet: str) -> None:
    """Raise what an error of a cmdlet means.

    Raises:
        TransientTenantError: It passes.
        PermanentTenantError: Refused, with `operation` and the `code` of Exchange: the name of its
            exception.
    """
    lowered = message.lower()
    params = {"operation": cmdlet, "code": class_of(message)}
    noun = cmdlet.partition("-")[2]
    for meaning in _MEANINGS:
        if meaning.noun in {"", noun} and any(word in lowered for word in meaning.words):
            if not meaning.key:
                raise TransientTenantError
            raise PermanentTenantError(meaning.key, params)
    raise PermanentTenantError("tenant.exchange_refused", params)


def class_of(message: str) -> str:
    """Return the name of the exception in a message, which holds nothing personal."""
    found = _EXCEPTION.search(message)
    return found[1] if found else _UNKNOWN


def warning_classes(warnings: Iterable[object]) -> tuple[str, ...]:
    """Return what kinds of warnings these are: the texts hold names and addresses."""
    return tuple(_warning_class(str(warning).lower()) for warning in warnings)


def _warning_class(warning: str) -> str:
    for name, words in _WARNINGS:
        if any(word in warning for word in words):
            return name
    return "other"
