"""Which application permissions the app is given, what for, and which it is never given.

The tables of docs/permissions.md are made from this; `python -m bot check` compares it with what
the tenant granted.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fulfilment.tenants.microsoft365.call import Verb
from fulfilment.tenants.microsoft365.operations import OPERATIONS

GRAPH_NEEDED: Final = frozenset(operation.permission for operation in OPERATIONS.values())
"""Application permissions of Microsoft Graph, all of them and no other."""

GRAPH_TO_READ: Final = frozenset(
    operation.permission for operation in OPERATIONS.values() if operation.verb is Verb.GET
)
"""The same for a bot that only reads, because a supplier changes the accounts."""

EXCHANGE_NEEDED: Final = frozenset({"Exchange.ManageAsApp"})
"""Application permission of Office 365 Exchange Online; what it may do there, roles say."""

PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "user.read": "the account before and after every step",
        "user.search": "finding a colleague by name",
        "user.by_address": "whether a new sign-in name or address is free",
        "user.by_employee_id": "the other accounts of the same human",
        "user.count": "how many licences an entity uses",
        "deleted_user.by_address": "whether a deleted account still holds an address",
        "deleted_user.read": "whether a deletion or a return was done",
        "user.groups": "order B: which groups the account leaves",
        "user.owned_groups": "order B: which groups the account owns",
        "group.read": "which kind of group it is, before it is changed",
        "group.owners": "who answers for a group; never to leave one without an owner",
        "group.drive": "orders A and B: the sites of the groups, for the list of owners",
        "user.drive": "address and size of the OneDrive; no file is read",
        "skus.list": "which licences the tenant has and how many are left",
        "domains.list": "whether the tenant may use a mail domain",
        "user.rename": "the new sign-in name",
        "user.sign_in": "order C: the old account may no longer sign in",
        "user.attribute": "the entity of the account",
        "user.usage_location": "the country, without which no licence can be given",
        "user.revoke_sessions": "order C: ends the sessions of the old account",
        "user.assign_licences": "the licences of a profile",
        "user.delete": "order C: the old account goes to the recycle bin",
        "deleted_user.restore": "taking a deletion back",
        "group.add_member": "taking the leaving of a group back",
        "group.remove_member": "order B: leaving a group",
        "group.add_owner": "taking the end of an ownership back",
        "group.remove_owner": "order B: the end of an ownership",
    }
)
"""What each operation is for, by its name."""

NOT_ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "User.ReadWrite.All": "may delete accounts as well. With it, removing somebody from a "
        "group by an address that lacks `/$ref` deletes the person. `User.ReadUpdate.All` changes "
        "the same properties and deletes nothing",
        "Directory.ReadWrite.All": "changes nearly everything in the directory",
        "Directory.Read.All": "reads nearly everything; users, groups, licences and domains have "
        "a permission of their own",
        "RoleManagement.ReadWrite.Directory": "could make the app an administrator; "
        "role-assignable groups are left to a person",
        "Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All": "could grant the app "
        "whatever it lacks",
        "User-PasswordProfile.ReadWrite.All, UserAuthenticationMethod.ReadWrite.All": "could take "
        "an account over; no order sets a password or a sign-in method",
        "User-OnPremisesSyncBehavior.ReadWrite.All": "takes an account away from the Active "
        "Directory, which is for the tenant to decide",
        "Mail.ReadWrite, MailboxItem.ImportExport.All": "read everybody's mail; the supplier "
        "migrates data",
        "Files.ReadWrite.All, Sites.ReadWrite.All, Sites.FullControl.All": "change everybody's "
        "files; no order does",
        "full_access_as_app (Exchange)": "opens every mailbox",
    }
)
"""What is not asked for, and why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was granted beside what is needed, each sorted by name."""

    missing: tuple[str, ...]
    superfluous: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what differs; nothing when nothing does."""
        said = {"missing": self.missing, "more than needed": self.superfluous}
        return tuple(f"{what}: {', '.join(names)}" for what, names in said.items() if names)


def compared(granted: Collection[str], needed: Collection[str]) -> Difference:
    """Compare by name: a wider permission in the place of a narrow one is missing and too much."""
    return Difference(
        missing=tuple(sorted(set(needed) - set(granted))),
        superfluous=tuple(sorted(set(granted) - set(needed))),
    )


def tables() -> Mapping[str, str]:
    """Return the generated tables of docs/permissions.md, by the name of their mark."""
    return {name: "\n".join(rows) for name, rows in _rows().items()}


def _rows() -> Mapping[str, Iterator[str]]:
    return {"operations": _operations(), "permissions": _permissions(), "not-asked": _not_asked()}


def _operations() -> Iterator[str]:
    yield "| operation | call | least permission | what for |"
    yield "|---|---|---|---|"
    for name, operation in OPERATIONS.items():
        yield (
            f"| `{name}` | [{operation.verb} `{operation.path}`]({operation.source}) |"
            f" {operation.permission} | {PURPOSES[name]} |"
        )


def _permissions() -> Iterator[str]:
    yield "| application permission | operations |"
    yield "|---|---|"
    for permission in sorted(GRAPH_NEEDED):
        names = [name for name, one in OPERATIONS.items() if one.permission == permission]
        yield f"| {permission} | {', '.join(f'`{name}`' for name in names)} |"


def _not_asked() -> Iterator[str]:
    yield "| not asked | why |"
    yield "|---|---|"
    for names, reason in NOT_ASKED.items():
        yield f"| {names} | {reason} |"
