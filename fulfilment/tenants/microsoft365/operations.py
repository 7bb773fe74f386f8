"""Every kind of call that this program makes to Microsoft Graph; there are no others.

The permissions are the least application permissions of the reference page of each call. Those
pages print "not supported" for an application at `memberOf` and `ownedObjects`, because the
table there is that of `/me`; for `/users/{id}` the permission that reads a membership is enough.
`User.ReadUpdate.All` writes the properties of a user as `User.ReadWrite.All` does, but creates and
deletes nobody.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fulfilment.tenants.microsoft365.call import Operation, Verb

USER_PROPERTIES: Final = (
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "proxyAddresses",
    "accountEnabled",
    "userType",
    "employeeId",
    "employeeType",
    "usageLocation",
    "onPremisesSyncEnabled",
    "assignedLicenses",
    "licenseAssignmentStates",
)
"""What is read of every user, beside the properties that the configuration names."""

TEXT_ATTRIBUTES: Final = frozenset({"companyName", "department", "officeLocation", "employeeType"})
"""Properties of a user that the configuration may use, beside the extension attributes."""

EXTENSION_ATTRIBUTES: Final = frozenset(f"extensionAttribute{number}" for number in range(1, 16))
"""Properties of `onPremisesExtensionAttributes` that the configuration may use."""

GROUP_PROPERTIES: Final = (
    "id",
    "displayName",
    "groupTypes",
    "mailEnabled",
    "securityEnabled",
    "membershipRule",
    "onPremisesSyncEnabled",
    "isAssignableToRole",
    "assignedLicenses",
)
"""What tells the kind of a group."""

_REFERENCE: Final = "https://learn.microsoft.com/graph/api/"
_READ_USER: Final = {
    "user": (*USER_PROPERTIES, *sorted(TEXT_ATTRIBUTES.difference(USER_PROPERTIES))),
    "onPremisesExtensionAttributes": tuple(sorted(EXTENSION_ATTRIBUTES)),
}
_SETTABLE_ATTRIBUTES: Final = {
    "user": tuple(sorted(TEXT_ATTRIBUTES)),
    "onPremisesExtensionAttributes": tuple(sorted(EXTENSION_ATTRIBUTES)),
}
_DELETED_USER: Final = {"user": ("id", "userPrincipalName", "mail", "proxyAddresses")}
_OWNER: Final = {"user": ("id", "displayName")}

_READS: Final = (
    Operation(
        name="user.read",
        verb=Verb.GET,
        path="/users/{user-id}",
        permission="User.Read.All",
        repeatable=True,
        properties=_READ_USER,
        source=_REFERENCE + "user-get",
    ),
    Operation(
        name="user.search",
        verb=Verb.GET,
        path="/users",
        permission="User.Read.All",
        repeatable=True,
        properties=_READ_USER,
        source=_REFERENCE + "user-list",
    ),
    Operation(
        name="user.by_address",
        verb=Verb.GET,
        path="/users",
        permission="User.Read.All",
        repeatable=True,
        properties=_READ_USER,
        source=_REFERENCE + "user-list",
    ),
    Operation(
        name="user.by_employee_id",
        verb=Verb.GET,
        path="/users",
        permission="User.Read.All",
        repeatable=True,
        properties=_READ_USER,
        source=_REFERENCE + "user-list",
    ),
    Operation(
        name="user.count",
        verb=Verb.GET,
        path="/users",
        permission="User.Read.All",
        repeatable=True,
        properties={
            "user": ("id", "accountEnabled", "assignedLicenses", *sorted(TEXT_ATTRIBUTES)),
            "onPremisesExtensionAttributes": tuple(sorted(EXTENSION_ATTRIBUTES)),
            "assignedLicense": ("skuId",),
        },
        source=_REFERENCE + "user-list",
    ),
    Operation(
        name="deleted_user.by_address",
        verb=Verb.GET,
        path="/directory/deletedItems/microsoft.graph.user",
        permission="User.Read.All",
        repeatable=True,
        properties=_DELETED_USER,
        source=_REFERENCE + "directory-deleteditems-list",
    ),
    Operation(
        name="deleted_user.read",
        verb=Verb.GET,
        path="/directory/deletedItems/{directoryObject-id}",
        permission="User.Read.All",
        repeatable=True,
        properties={"directoryObject": ("id", "deletedDateTime")},
        source=_REFERENCE + "directory-deleteditems-get",
    ),
    Operation(
        name="user.groups",
        verb=Verb.GET,
        path="/users/{user-id}/memberOf/microsoft.graph.group",
        permission="GroupMember.Read.All",
        repeatable=True,
        properties={"group": GROUP_PROPERTIES},
        source=_REFERENCE + "user-list-memberof",
    ),
    Operation(
        name="user.owned_groups",
        verb=Verb.GET,
        path="/users/{user-id}/ownedObjects/microsoft.graph.group",
        permission="GroupMember.Read.All",
        repeatable=True,
        properties={"group": GROUP_PROPERTIES},
        source=_REFERENCE + "user-list-ownedobjects",
    ),
    Operation(
        name="group.read",
        verb=Verb.GET,
        path="/groups/{group-id}",
        permission="GroupMember.Read.All",
        repeatable=True,
        properties={"group": GROUP_PROPERTIES},
        source=_REFERENCE + "group-get",
    ),
    Operation(
        name="group.owners",
        verb=Verb.GET,
        path="/groups/{group-id}/owners",
        permission="GroupMember.Read.All",
        repeatable=True,
        properties=_OWNER,
        source=_REFERENCE + "group-list-owners",
    ),
    Operation(
        name="group.drive",
        verb=Verb.GET,
        path="/groups/{group-id}/drive",
        permission="Files.Read.All",
        repeatable=True,
        properties={
            "drive": ("id", "webUrl", "sharePointIds"),
            "sharepointIds": ("siteId", "siteUrl"),
        },
        source=_REFERENCE + "drive-get",
    ),
    Operation(
        name="user.drive",
        verb=Verb.GET,
        path="/users/{user-id}/drive",
        permission="Files.Read.All",
        repeatable=True,
        properties={"drive": ("id", "webUrl", "quota"), "quota": ("used",)},
        source=_REFERENCE + "drive-get",
    ),
    Operation(
        name="skus.list",
        verb=Verb.GET,
        path="/subscribedSkus",
        permission="LicenseAssignment.Read.All",
        repeatable=True,
        properties={"subscribedSku": ("skuId", "skuPartNumber", "consumedUnits", "prepaidUnits")},
        source=_REFERENCE + "subscribedsku-list",
    ),
    Operation(
        name="domains.list",
        verb=Verb.GET,
        path="/domains",
        permission="Domain.Read.All",
        repeatable=True,
        properties={"domain": ("id", "isVerified")},
        source=_REFERENCE + "domain-list",
    ),
)

_WRITES: Final = (
    Operation(
        name="user.rename",
        verb=Verb.PATCH,
        path="/users/{user-id}",
        permission="User.ReadUpdate.All",
        repeatable=True,
        properties={"user": ("userPrincipalName",)},
        source=_REFERENCE + "user-update",
    ),
    Operation(
        name="user.sign_in",
        verb=Verb.PATCH,
        path="/users/{user-id}",
        permission="User.EnableDisableAccount.All",
        repeatable=True,
        properties={"user": ("accountEnabled",)},
        source=_REFERENCE + "user-update",
    ),
    Operation(
        name="user.attribute",
        verb=Verb.PATCH,
        path="/users/{user-id}",
        permission="User.ReadUpdate.All",
        repeatable=True,
        properties=_SETTABLE_ATTRIBUTES,
        source=_REFERENCE + "user-update",
    ),
    Operation(
        name="user.usage_location",
        verb=Verb.PATCH,
        path="/users/{user-id}",
        permission="User.ReadUpdate.All",
        repeatable=True,
        properties={"user": ("usageLocation",)},
        source=_REFERENCE + "user-update",
    ),
    Operation(
        name="user.revoke_sessions",
        verb=Verb.POST,
        path="/users/{user-id}/revokeSignInSessions",
        permission="User.RevokeSessions.All",
        repeatable=True,
        source=_REFERENCE + "user-revokesigninsessions",
    ),
    Operation(
        name="user.assign_licences",
        verb=Verb.POST,
        path="/users/{user-id}/assignLicense",
        permission="LicenseAssignment.ReadWrite.All",
        repeatable=False,
        properties={"assignedLicense": ("skuId", "disabledPlans")},
        source=_REFERENCE + "user-assignlicense",
    ),
    Operation(
        name="user.delete",
        verb=Verb.DELETE,
        path="/users/{user-id}",
        permission="User.DeleteRestore.All",
        repeatable=False,
        source=_REFERENCE + "user-delete",
    ),
    Operation(
        name="deleted_user.restore",
        verb=Verb.POST,
        path="/directory/deletedItems/{directoryObject-id}/restore",
        permission="User.DeleteRestore.All",
        repeatable=False,
        source=_REFERENCE + "directory-deleteditems-restore",
    ),
    Operation(
        name="group.add_member",
        verb=Verb.POST,
        path="/groups/{group-id}/members/$ref",
        permission="GroupMember.ReadWrite.All",
        repeatable=True,
        source=_REFERENCE + "group-post-members",
    ),
    Operation(
        name="group.remove_member",
        verb=Verb.DELETE,
        path="/groups/{group-id}/members/{directoryObject-id}/$ref",
        permission="GroupMember.ReadWrite.All",
        repeatable=True,
        source=_REFERENCE + "group-delete-members",
    ),
    Operation(
        name="group.add_owner",
        verb=Verb.POST,
        path="/groups/{group-id}/owners/$ref",
        permission="Group.ReadWrite.All",
        repeatable=True,
        source=_REFERENCE + "group-post-owners",
    ),
    Operation(
        name="group.remove_owner",
        verb=Verb.DELETE,
        path="/groups/{group-id}/owners/{directoryObject-id}/$ref",
        permission="Group.ReadWrite.All",
        repeatable=True,
        source=_REFERENCE + "group-delete-owners",
    ),
)

OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {operation.name: operation for operation in (*_READS, *_WRITES)}
)
"""Every operation by its name."""
