"""The only cmdlets of Exchange Online that can be asked for, and with what.

Reference: https://learn.microsoft.com/powershell/module/exchangepowershell/

Nothing here removes a mailbox, clears one or ends a group, whatever the permissions of the app.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Lower case only: `SMTP:` would make it the primary address.
_ALIAS: Final = re.compile(r"(?:smtp:)?[^\s:@<>\"]+@[^\s:@<>\"]+")
_TABLE_TYPE: Final = "#Exchange.GenericHashTable"
_LONGEST_TEXT: Final = 1024

Check = Callable[[object], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmdlet:
    """One cmdlet.

    Attributes:
        name: As Exchange spells it.
        parameters: What may be given, each with what its value must be.
        needs: Parameters that must be there.
        is_repeatable: Whether twice is as good as once, whatever happened in between.
        returns: Properties that are asked for.
    """

    name: str
    parameters: Mapping[str, Check]
    needs: frozenset[str]
    is_repeatable: bool
    returns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a cmdlet wrote.

    Attributes:
        objects: What it found; nothing for one that changes something.
        warnings: Classes of what it warned of; a change with a warning was perhaps not made.
    """

    objects: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...] = ()


def checked(name: str, parameters: Mapping[str, object]) -> Cmdlet:
    """Return an allowed cmdlet that may be given these parameters.

    Raises:
        ValueError: It may not: a fault of this program; the values are not in the message.
    """
    cmdlet = CMDLETS.get(name)
    if cmdlet is None:
        raise ValueError("no cmdlet that this program may run")
    for parameter, value in parameters.items():
        check = cmdlet.parameters.get(parameter)
        if check is None or not check(value):
            raise ValueError(f"{name} may not be given this {parameter[:40]!a}")
    if not cmdlet.needs <= parameters.keys():
        raise ValueError(f"{name} needs {sorted(cmdlet.needs)}")
    return cmdlet


def _is_guid(value: object) -> bool:
    """Names and addresses are ambiguous on a tenant that many share."""
    return isinstance(value, str) and _GUID.fullmatch(value) is not None


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_true(value: object) -> bool:
    return value is True


def _is_text(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def _is_unlimited(value: object) -> bool:
    return value == "Unlimited"


def _is_address_change(value: object) -> bool:
    """Tell whether this adds and removes aliases; a list would replace every address."""
    if not isinstance(value, Mapping) or value.get("@odata.type") != _TABLE_TYPE:
        return False
    changes = {name: part for name, part in value.items() if name != "@odata.type"}
    return bool(changes) and all(
        name in {"Add", "Remove"} and isinstance(part, list | tuple) and all(map(_is_alias, part))
        for name, part in changes.items()
    )


def _is_alias(value: object) -> bool:
    return isinstance(value, str) and _ALIAS.fullmatch(value) is not None


_MEMBER: Final[Mapping[str, Check]] = {
    "Identity": _is_guid,
    "Member": _is_guid,
    "BypassSecurityGroupManagerCheck": _is_true,
}
_ALL: Final = (
    Cmdlet(
        name="Get-Mailbox",
        parameters={
            "Identity": _is_guid,
            "IncludeInactiveMailbox": _is_true,
            "SoftDeletedMailbox": _is_true,
        },
        needs=frozenset({"Identity"}),
        is_repeatable=True,
        returns=(
            "ExchangeGuid",
            "ExternalDirectoryObjectId",
            "DistinguishedName",
            "RecipientTypeDetails",
            "PrimarySmtpAddress",
            "EmailAddresses",
            "LitigationHoldEnabled",
            "LitigationHoldDate",
            "LitigationHoldOwner",
            "RetentionComment",
            "InPlaceHolds",
        ),
    ),
    Cmdlet(
        name="Set-Mailbox",
        parameters={
            "Identity": _is_guid,
            "EmailAddresses": _is_address_change,
            "LitigationHoldEnabled": _is_bool,
            "LitigationHoldOwner": _is_text,
            "RetentionComment": _is_text,
        },
        needs=frozenset({"Identity"}),
        is_repeatable=True,
    ),
    Cmdlet(
        name="Get-MailboxStatistics",
        parameters={"Identity": _is_guid},
        needs=frozenset({"Identity"}),
        is_repeatable=True,
        returns=("MailboxGuid", "ItemCount", "TotalItemSize", "LastLogonTime"),
    ),
    Cmdlet(
        name="Get-DistributionGroupMember",
        parameters={"Identity": _is_guid, "ResultSize": _is_unlimited},
        needs=frozenset({"Identity"}),
        is_repeatable=True,
        returns=("ExternalDirectoryObjectId", "Guid", "RecipientTypeDetails"),
    ),
    # Not repeatable: the second time is refused, which says nothing of the first.
    Cmdlet(
        name="Add-DistributionGroupMember",
        parameters=_MEMBER,
        needs=frozenset({"Identity", "Member"}),
        is_repeatable=False,
    ),
    Cmdlet(
        name="Remove-DistributionGroupMember",
        parameters={**_MEMBER, "Confirm": lambda value: value is False},
        needs=frozenset({"Identity", "Member"}),
        is_repeatable=False,
    ),
)
CMDLETS: Final[Mapping[str, Cmdlet]] = {cmdlet.name: cmdlet for cmdlet in _ALL}
