"""Only what is on the list can be asked of Exchange, and its errors are told apart by class."""

from typing import Any

import pytest

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.exchange_answers import (
    class_of,
    raise_for,
    warning_classes,
)
from fulfilment.tenants.microsoft365.exchange_cmdlets import CMDLETS, checked
from tests.unit.fulfilment.microsoft365.scripted import ANNE, BEN

TABLE = {"@odata.type": "#Exchange.GenericHashTable"}


@pytest.mark.parametrize(
    ("cmdlet", "parameters"),
    [
        ("Get-Mailbox", {"Identity": ANNE}),
        ("Get-Mailbox", {"Identity": ANNE, "IncludeInactiveMailbox": True}),
        ("Set-Mailbox", {"Identity": ANNE, "LitigationHoldEnabled": True}),
        (
            "Set-Mailbox",
            {
                "Identity": ANNE,
                "LitigationHoldEnabled": False,
                "LitigationHoldOwner": "M-2026-00042",
                "RetentionComment": None,
            },
        ),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {**TABLE, "Add": ["smtp:a@b.be"]}}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {**TABLE, "Remove": ("a@b.be",)}}),
        ("Get-DistributionGroupMember", {"Identity": ANNE, "ResultSize": "Unlimited"}),
        ("Remove-DistributionGroupMember", {"Identity": ANNE, "Member": BEN, "Confirm": False}),
        (
            "Add-DistributionGroupMember",
            {"Identity": ANNE, "Member": BEN, "BypassSecurityGroupManagerCheck": True},
        ),
        ("Get-MailboxStatistics", {"Identity": ANNE}),
    ],
)
def test_what_the_module_needs_is_allowed(cmdlet: str, parameters: dict[str, Any]) -> None:
    assert checked(cmdlet, parameters).name == cmdlet


@pytest.mark.parametrize(
    ("cmdlet", "parameters"),
    [
        ("Remove-Mailbox", {"Identity": ANNE}),
        ("Disable-Mailbox", {"Identity": ANNE}),
        ("Set-User", {"Identity": ANNE, "PermanentlyClearPreviousMailboxInfo": True}),
        ("Remove-DistributionGroup", {"Identity": ANNE}),
        ("get-mailbox", {"Identity": ANNE}),
        ("Get-Mailbox; Remove-Mailbox", {"Identity": ANNE}),
        ("", {}),
        ("Get-Mailbox", {}),
        ("Get-Mailbox", {"Identity": "anne@example.org"}),
        ("Get-Mailbox", {"Identity": "*"}),
        ("Get-Mailbox", {"Identity": f"{ANNE}; x"}),
        ("Get-Mailbox", {"Identity": ANNE, "ResultSize": "Unlimited"}),
        ("Set-Mailbox", {"Identity": ANNE, "RemoveDelayHoldApplied": True}),
        ("Set-Mailbox", {"Identity": ANNE, "LitigationHoldEnabled": "true"}),
        ("Set-Mailbox", {"Identity": ANNE, "LitigationHoldOwner": "a\nb"}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": ["smtp:a@b.be"]}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": TABLE}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {"Add": ["smtp:a@b.be"]}}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {**TABLE, "Add": ["SMTP:a@b.be"]}}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {**TABLE, "Add": "smtp:a@b.be"}}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {**TABLE, "Set": ["smtp:a@b.be"]}}),
        ("Set-Mailbox", {"Identity": ANNE, "EmailAddresses": {**TABLE, "Add": ["x500:/o=a"]}}),
        ("Remove-DistributionGroupMember", {"Identity": ANNE}),
        ("Remove-DistributionGroupMember", {"Identity": ANNE, "Member": BEN, "Confirm": True}),
    ],
)
def test_anything_else_cannot_be_expressed(cmdlet: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"may run|may not be given|needs"):
        checked(cmdlet, parameters)


def test_list_holds_no_cmdlet_that_loses_anything() -> None:
    assert {name.partition("-")[0] for name in CMDLETS} == {"Get", "Set", "Add", "Remove"}
    assert [name for name in CMDLETS if name.startswith("Remove")] == [
        "Remove-DistributionGroupMember"
    ]


NOT_FOUND = (
    "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|"
    "The operation couldn't be performed because object 'anne@example.org' couldn't be found on"
    " 'DC008'."
)
SYNCED = (
    '|System.InvalidOperationException|The operation on mailbox "Anne" failed because it\'s out of'
    " the current user's write scope. The action 'Set-Mailbox', 'EmailAddresses', can't be"
    " performed on the object 'Anne' because the object is being synchronized from your"
    " on-premises organization."
)
TAKEN = (
    "Ex1|Microsoft.Exchange.Data.Directory.ProxyAddressExistsException|The proxy address"
    ' "smtp:a@b.be" is already being used by the proxy addresses of "Ben".'
)
TASKS = "Microsoft.Exchange.Management.RecipientTasks"


@pytest.mark.parametrize(
    ("cmdlet", "message", "key", "code"),
    [
        (
            "Get-Mailbox",
            NOT_FOUND,
            "tenant.mailbox_missing",
            "ManagementObjectNotFoundException",
        ),
        (
            "Get-DistributionGroupMember",
            NOT_FOUND,
            "tenant.group_missing",
            "ManagementObjectNotFoundException",
        ),
        ("Set-Mailbox", SYNCED, "tenant.synced", "InvalidOperationException"),
        (
            "Remove-DistributionGroupMember",
            SYNCED,
            "tenant.group_kind",
            "InvalidOperationException",
        ),
        ("Set-Mailbox", TAKEN, "tenant.upn_taken", "ProxyAddressExistsException"),
        (
            "Remove-DistributionGroupMember",
            f'Ex2|{TASKS}.MemberNotFoundException|The recipient "x" isn\'t a member.',
            "tenant.member_missing",
            "MemberNotFoundException",
        ),
        (
            "Add-DistributionGroupMember",
            f'Ex3|{TASKS}.MemberAlreadyExistsException|The recipient "x" is already a member.',
            "tenant.member_already",
            "MemberAlreadyExistsException",
        ),
        ("Set-Mailbox", "CmdletAccessDeniedException", "tenant.permission_missing", None),
        ("Set-Mailbox", "Ex4|A.B.RecipientTaskException|No.", "tenant.exchange_refused", None),
        ("Set-Mailbox", "anne@example.org said no", "tenant.exchange_refused", "Unknown"),
    ],
)
def test_errors_are_told_apart(cmdlet: str, message: str, key: str, code: str | None) -> None:
    with pytest.raises(PermanentTenantError) as error:
        raise_for(message, cmdlet=cmdlet)

    assert error.value.key == key
    assert error.value.params == {"operation": cmdlet, "code": code or class_of(message)}


@pytest.mark.parametrize(
    "message",
    [
        "Ex5|Microsoft.Exchange.Data.Directory.ADTransientException|The server is busy.",
        "Ex6|A.B.OverBudgetException|The request was throttled.",
        "The operation has timed out.",
    ],
)
def test_what_passes_is_for_the_engine(message: str) -> None:
    with pytest.raises(TransientTenantError):
        raise_for(message, cmdlet="Set-Mailbox")


def test_warnings_are_kept_by_class() -> None:
    warnings = [
        "The command completed successfully but no settings of 'Anne' have been modified.",
        "There are more results available than are currently displayed.",
        "The hold setting may take up to 60 minutes to take effect.",
        "anne@example.org is odd.",
    ]

    assert warning_classes(warnings) == ("no_effect", "incomplete", "delayed", "other")
