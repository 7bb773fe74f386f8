"""A fake of the directory and of the planner: accounts in a dictionary, changed by the test."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mutations.directory import Footprint, Person, PoolCount
from mutations.identity import EntityCode, ObjectId
from mutations.plan import Move, Obstacle, Plan
from mutations.register import Contact


def account(contact: Contact, **changes: Any) -> Person:
    """Return the account of somebody of the register: a member, of no entity unless given."""
    person = Person(
        object_id=contact.object_id,
        name=contact.name,
        upn=contact.upn,
        entity=None,
        entitlements=frozenset(),
        profile="Kenniswerker",
        status="ambtenaar",
        employee_id=f"nr-{contact.object_id}",
    )
    return replace(person, **changes)


class FakeDirectory:
    """Implements `mutations.directory.Directory`; `accounts` is what exists now."""

    def __init__(self, accounts: Iterable[Person]) -> None:
        self.accounts = {person.object_id: person for person in accounts}
        self.free = 3  # licences left in each pool

    async def search(self, text: str, *, limit: int) -> Sequence[Person]:
        return [one for one in self.accounts.values() if text in one.name][:limit]

    async def person(self, object_id: ObjectId) -> Person | None:
        return self.accounts.get(object_id)

    async def footprint(self, _: ObjectId) -> Footprint:
        return Footprint()

    async def licences(self, _: EntityCode, __: str) -> PoolCount | None:
        return PoolCount(total=self.free, in_use=0)

    def change(self, object_id: ObjectId, **changes: Any) -> None:
        """Change one account, if it is there."""
        if object_id in self.accounts:
            self.accounts[object_id] = replace(self.accounts[object_id], **changes)


class FakePlanner:
    """Implements `mutations.plan.Planner` with one plan, and obstacles as long as a test wants."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.obstacles: tuple[Obstacle, ...] = ()
        self.moves: list[Move] = []

    def become(self, plan: Plan) -> None:
        """Go on with another plan, as after a change of the accounts."""
        self._plan = plan

    async def plan(self, move: Move) -> Plan:
        self.moves.append(move)
        return replace(self._plan, obstacles=self.obstacles)
