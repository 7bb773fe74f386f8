"""What the simulated tenant shows of one person, to compare before and after."""

from dataclasses import dataclass

from tests.conversations.stage import Stage, object_id


@dataclass(frozen=True, kw_only=True)
class ReadBack:
    """Everything about one account that an order can change, and everything that it may not."""

    upn: str
    entity: str | None
    enabled: bool
    profile: str
    status: str
    primary: str
    aliases: frozenset[str]
    hold: bool
    hold_owner: str
    drive_bytes: int
    groups: frozenset[str]
    owned: frozenset[str]
    sites: frozenset[str]

    @classmethod
    async def of(cls, stage: Stage, number: int) -> "ReadBack":
        world, person = stage.bot.world, object_id(number)
        account = await world.account(person)
        assert account is not None
        assert account.mailbox is not None
        assert account.drive is not None
        mine = [one for one in (await world.memberships()).values() if one.person == person]
        sites = (await world.sites()).values()
        return cls(
            upn=account.upn,
            entity=account.entity,
            enabled=account.enabled,
            profile=account.profile,
            status=account.status,
            primary=account.mailbox.primary,
            aliases=frozenset(account.mailbox.aliases),
            hold=account.mailbox.litigation_hold,
            hold_owner=account.mailbox.hold_owner,
            drive_bytes=account.drive.size_bytes,
            groups=frozenset(one.group for one in mine if one.is_member),
            owned=frozenset(one.group for one in mine if one.is_owner),
            sites=frozenset(one.id for one in sites if person in {*one.members, *one.owners}),
        )

    @classmethod
    async def of_others(cls, stage: Stage, number: int) -> object:
        """Return everything in the tenant that is about other people."""
        world, person = stage.bot.world, object_id(number)
        accounts = await world.true_accounts()
        memberships = await world.true_memberships()
        return (
            {key: one for key, one in accounts.items() if key != person},
            {key: one for key, one in memberships.items() if one.person != person},
            await world.sites(),
        )
