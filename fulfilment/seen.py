"""What was read of a colleague before anything of an order is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fulfilment.tenant import Account, Drive, Holder, Mailbox, Membership, Owner, SiteAccess
from mutations.identity import Upn
from mutations.plan import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read of the colleague, and the two entities.

    Attributes:
        new_upn: UPN in the domain of the new entity; None when the present one fits (R2).
        owners: Who answers for each group and site, by its id.
        holder: Who holds `new_upn` now, in whichever form.
        has_domain: Whether the tenant may use the domain of `new_upn`.
    """

    move: Move
    source_name: str
    target_name: str
    account: Account
    mailbox: Mailbox
    memberships: Sequence[Membership]
    sites: Sequence[SiteAccess]
    owners: Mapping[str, Sequence[Owner]]
    drive: Drive | None
    new_upn: Upn | None
    holder: Holder | None
    has_domain: bool
