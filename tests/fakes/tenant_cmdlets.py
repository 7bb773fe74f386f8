"""The cmdlets of Exchange Online over the state of the fake tenant.

https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox and its neighbours.
Objects are found by any of their names, as there; a name that fits several is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace

from tests.fakes import tenant_exchange_errors as errors
from tests.fakes.tenant_mailbox_changes import addresses_after, hold_after
from tests.fakes.tenant_records import Group, Mailbox, User, shown
from tests.fakes.tenant_state import Effect, TenantState

Parameters = Mapping[str, Any]

NO_CHANGE: Final = (
    "The command completed successfully but no settings of '{identity}' have been modified."
)
HOLD_TAKES_TIME: Final = "The hold setting may take up to 60 minutes to take effect."


@dataclass(frozen=True, slots=True)
class Output:
    """What a cmdlet wrote: objects for those that read, warnings for any."""

    objects: Sequence[Mapping[str, Any]] = ()
    warnings: tuple[str, ...] = ()
    was_run: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmdlet:
    """One cmdlet, and the parameters it takes."""

    run: Callable[[Parameters], Output]
    takes: frozenset[str]
    needs: frozenset[str] = field(default_factory=lambda: frozenset({"Identity"}))


_MEMBER: Final = frozenset({"Identity", "Member", "BypassSecurityGroupManagerCheck", "Confirm"})
_HOLD: Final = frozenset(
    {"LitigationHoldEnabled", "LitigationHoldOwner", "LitigationHoldDate", "RetentionComment"}
)


class Cmdlets:
    """Runs cmdlets; `hold_is_late` is what a fault makes of a hold, None for nothing."""

    def __init__(self, state: TenantState) -> None:
        self._state = state
        self.hold_is_late: float | None = None
        reading = frozenset({"Identity", "ResultSize"})
        mailbox = reading | {"IncludeInactiveMailbox", "SoftDeletedMailbox"}
        nothing: frozenset[str] = frozenset()
        self.by_name: Final[Mapping[str, Cmdlet]] = {
            "Get-Mailbox": Cmdlet(run=self._get_mailbox, takes=mailbox, needs=nothing),
            "Set-Mailbox": Cmdlet(
                run=self._set_mailbox, takes=_HOLD | {"Identity", "EmailAddresses"}
            ),
            "Get-MailboxStatistics": Cmdlet(run=self._statistics, takes=reading),
            "Remove-Mailbox": Cmdlet(
                run=self._remove_mailbox, takes=frozenset({"Identity", "Confirm"})
            ),
            "Get-DistributionGroupMember": Cmdlet(run=self._members, takes=reading),
            "Add-DistributionGroupMember": Cmdlet(
                run=self._add_member, takes=_MEMBER, needs=frozenset({"Identity", "Member"})
            ),
            "Remove-DistributionGroupMember": Cmdlet(
                run=self._remove_member, takes=_MEMBER, needs=frozenset({"Identity", "Member"})
            ),
        }

    def _get_mailbox(self, given: Parameters) -> Output:
        inactive, deleted = given.get("IncludeInactiveMailbox"), given.get("SoftDeletedMailbox")

        def asked_for(one: Mailbox) -> bool:
            if deleted:
                return one.is_gone
            return not one.is_soft_deleted_by_remove and (bool(inactive) or not one.is_gone)

        found = [one for one in self._mailboxes() if asked_for(one)]
        if "Identity" in given:
            found = [_only(found, given["Identity"])]
        return Output([_json(one) for one in found])

    def _set_mailbox(self, given: Parameters) -> Output:
        identity = str(given["Identity"])
        seen = _only([one for one in self._mailboxes() if not one.is_gone], identity)
        state = self._state
        before = state.mailboxes.true(seen.external_directory_object_id) or seen
        after, warnings = before, []
        if "EmailAddresses" in given:
            if before.is_dir_synced:
                raise errors.out_of_scope("Set-Mailbox", "EmailAddresses", identity)
            after = addresses_after(after, given["EmailAddresses"])
            self._check_free(before, after)
        wanted = {name: value for name, value in given.items() if name in _HOLD}
        if wanted.get("LitigationHoldEnabled") and not before.litigation_hold_enabled:
            warnings.append(HOLD_TAKES_TIME)
        held = hold_after(after, wanted, state.now)
        if self.hold_is_late is None:
            after = held
        elif self.hold_is_late > 0:
            state.later(self.hold_is_late, lambda: self._hold_now(before, wanted))
        if held == before:
            return Output(warnings=(NO_CHANGE.format(identity=before.display_name),))
        state.write(state.mailboxes, before.external_directory_object_id, after)
        return Output(warnings=tuple(warnings))

    def _hold_now(self, mailbox: Mailbox, wanted: Parameters) -> None:
        state, key = self._state, mailbox.external_directory_object_id
        current = state.mailboxes.true(key) or mailbox
        state.write(state.mailboxes, key, hold_after(current, wanted, state.now))

    def _statistics(self, given: Parameters) -> Output:
        one = _only(self._mailboxes(), given["Identity"])
        size = f"{one.total_item_size / 2**20:.4g} MB ({one.total_item_size:,} bytes)"
        return Output(
            [
                {
                    "MailboxGuid": one.exchange_guid,
                    "DisplayName": one.display_name,
                    "ItemCount": one.item_count,
                    "TotalItemSize": size,
                    "LastLogonTime": None,
                }
            ]
        )

    def _remove_mailbox(self, given: Parameters) -> Output:
        one = _only(self._mailboxes(), given["Identity"])
        self._state.write(self._state.mailboxes, one.external_directory_object_id, None)
        return Output()

    def _members(self, given: Parameters) -> Output:
        group = self._group(given["Identity"])
        users = self._state.users.all_true()
        people = [users[one] for one in sorted(group.members) if one in users]
        return Output(
            [
                {
                    "ExternalDirectoryObjectId": one.id,
                    "Guid": one.id,
                    "DisplayName": one.display_name,
                    "PrimarySmtpAddress": one.mail or "",
                    "RecipientTypeDetails": "UserMailbox",
                }
                for one in people
                if not one.is_deleted
            ]
        )

    def _add_member(self, given: Parameters) -> Output:
        group, person = self._changed_group("Add-DistributionGroupMember", given)
        if person.id in group.members:
            raise errors.member_already(str(given["Member"]), group.display_name)
        return self._write_members(group, group.members | {person.id})

    def _remove_member(self, given: Parameters) -> Output:
        group, person = self._changed_group("Remove-DistributionGroupMember", given)
        if person.id not in group.members:
            raise errors.not_member(str(given["Member"]), group.display_name)
        return self._write_members(group, group.members - {person.id})

    def _write_members(self, group: Group, members: frozenset[str]) -> Output:
        state = self._state
        reaches_graph_s = state.lag.to_directory_s + state.lag.read_s
        with state.effect(state.effect_or(Effect(read_s=reaches_graph_s))):
            state.write(state.groups, group.id, replace(group, members=members))
        return Output()

    def _changed_group(self, cmdlet: str, given: Parameters) -> tuple[Group, User]:
        group = self._group(given["Identity"])
        if group.on_premises_sync_enabled:
            raise errors.out_of_scope(cmdlet, "Members", str(given["Identity"]))
        if given.get("BypassSecurityGroupManagerCheck") is not True:
            raise errors.not_owner(group.display_name)
        mailbox = _only(self._mailboxes(), given["Member"])
        person = self._state.users.true(mailbox.external_directory_object_id)
        if person is None:
            raise errors.no_object(str(given["Member"]))
        return group, person

    def _group(self, identity: Any) -> Group:
        wanted = str(identity).casefold()
        groups = [one for one in self._state.groups.all_true().values() if one.is_of_exchange]
        found = [
            one
            for one in groups
            if wanted in {one.id, (one.mail or "").casefold(), one.display_name.casefold()}
        ]
        if not found:
            raise errors.no_object(str(identity))
        if len(found) > 1:
            raise errors.ambiguous(str(identity))
        return found[0]

    def _check_free(self, before: Mailbox, after: Mailbox) -> None:
        new = after.aliases - before.aliases
        own = before.external_directory_object_id
        for address in sorted(new):
            domain = address.rpartition("@")[2]
            if domain not in self._state.domains:
                raise errors.not_accepted(domain)
            for other in self._state.mailboxes.all_true().values():
                if other.external_directory_object_id != own and address in other.aliases:
                    raise errors.taken(address)

    def _mailboxes(self) -> list[Mailbox]:
        return list(self._state.mailboxes.all_seen(self._state.view()).values())


def _only(mailboxes: Iterable[Mailbox], identity: Any) -> Mailbox:
    wanted = str(identity).casefold()
    every = list(mailboxes)
    # By its own id first, which nothing else is called: names are slow to gather.
    found = [
        one for one in every if wanted in (one.exchange_guid, one.external_directory_object_id)
    ] or [one for one in every if wanted in _names(one)]
    if not found:
        raise errors.no_object(str(identity))
    if len(found) > 1:
        raise errors.ambiguous(str(identity))
    return found[0]


def _names(one: Mailbox) -> frozenset[str]:
    own = {
        one.exchange_guid,
        one.external_directory_object_id,
        one.user_principal_name.casefold(),
        one.display_name.casefold(),
    }
    return one.aliases | own


def _json(one: Mailbox) -> dict[str, Any]:
    return {
        **shown(one),
        "Guid": one.external_directory_object_id,
        "Identity": one.external_directory_object_id,
        "DistinguishedName": f"CN={one.external_directory_object_id},OU=fake,DC=OUTLOOK,DC=COM",
        "RecipientType": "UserMailbox",
    }
