"""The people of a reorganisation: one entity that goes over to another, with its groups."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fulfilment.tenants.simulated.seed import DemoGroup, DemoPerson, DemoWorld, demo_person_id
from mutations.identity import EntityCode, ObjectId

SOURCE: Final = EntityCode("OVO000101")
TARGET: Final = EntityCode("OVO000102")
OLD_DOMAIN: Final = "wegenwater.vlaanderen.example"
NEW_DOMAIN: Final = "omgevingruimte.vlaanderen.example"
GRAPH_WRITES: Final = 5
"""Of one order: the sign-in name, the entity, and three groups."""

_FIRST: Final = 10_000
_OWNER: Final = 9_999
_TEAM, _DEPARTMENT = 10, 50


@dataclass(frozen=True)
class Mover:
    """Somebody whose order is carried out."""

    number: int

    @property
    def object_id(self) -> ObjectId:
        """The account."""
        return demo_person_id(self.number)

    @property
    def new_upn(self) -> str:
        """What they sign in with afterwards."""
        return f"collega.{self.number}@{NEW_DOMAIN}"

    def account(self) -> DemoPerson:
        """Return the account as it is before the order."""
        name = f"collega.{self.number}"
        return DemoPerson(
            number=self.number,
            name=f"Collega Nummer {self.number}",
            upn=f"{name}@{OLD_DOMAIN}",
            entity=SOURCE,
            entitled=(TARGET,),
            aliases=(f"{name}.oud@{OLD_DOMAIN}",),
            drive_mb=1500,
        )


def movers(count: int, *, after: int = 0) -> list[Mover]:
    """Return people, the first `after` left out."""
    return [Mover(_FIRST + after + index) for index in range(count)]


def world_of(people: list[Mover]) -> DemoWorld:
    """Return their accounts and groups: a team, a department, and one group with everybody.

    Writes to one group go one after the other, so the group of everybody is where a bulk would
    queue.
    """
    owner = DemoPerson(
        number=_OWNER,
        name="Eigenaar Van Alles",
        upn=f"eigenaar@{OLD_DOMAIN}",
        entity=SOURCE,
    )
    return DemoWorld(
        person=(owner, *(one.account() for one in people)), group=tuple(_groups(people))
    )


def _groups(people: list[Mover]) -> Iterator[DemoGroup]:
    number = 5_000
    for size, name in ((_TEAM, "Team"), (_DEPARTMENT, "Afdeling"), (len(people), "Iedereen")):
        for at in range(0, len(people), size):
            members = tuple(one.number for one in people[at : at + size])
            yield DemoGroup(
                number=number, name=f"{name} {number}", owners=(_OWNER,), members=members
            )
            number += 1
