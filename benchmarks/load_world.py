"""The register and the people of the load: pairs who ask and decide, and many who only look.

Each pair has two entities of its own, so that nobody waits for anybody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.demo import DEMO_REGISTER
from fulfilment.tenants.simulated.seed import (
    DemoGroup,
    DemoPerson,
    DemoPool,
    DemoWorld,
    demo_person_id,
)
from tests.fakes.teams_client import Persona

COLLEAGUES: Final = 4
STANDING: Final = 4

_POOLS: Final = ("Kenniswerker", "Delegate365", "OASE")
_SEATS: Final = 1000


@dataclass(frozen=True)
class Someone:
    """A person of the load."""

    number: int
    name: str
    upn: str

    @property
    def persona(self) -> Persona:
        """The same person in Teams."""
        return Persona(self.name, demo_person_id(self.number))


@dataclass(frozen=True)
class Pair:
    """Who asks, who decides, and about whom.

    Attributes:
        colleagues: Move again and again; each move is withdrawn or refused in the end.
        standing: Have a request that stays open, to look at.
    """

    number: int
    requester: Someone
    approver: Someone
    colleagues: tuple[Someone, ...]
    standing: tuple[Someone, ...]

    @property
    def source(self) -> str:
        """Code of the entity that people leave."""
        return f"OVO{200 + self.number:06d}"

    @property
    def target(self) -> str:
        """Code of the entity that people come to."""
        return f"OVO{300 + self.number:06d}"

    @property
    def leavers(self) -> tuple[Someone, ...]:
        """Everybody who may move."""
        return self.colleagues + self.standing


def make_pairs(count: int) -> list[Pair]:
    """Return pairs with people of their own."""
    return [_pair(number) for number in range(count)]


def make_onlookers(count: int) -> list[Someone]:
    """Return people who have nothing to do with any request."""
    return [_someone(5000 + number, "kijker", "wegenwater") for number in range(count)]


def write_register(path: Path, pairs: list[Pair]) -> None:
    """Write the register of the demo with the entities of the pairs added."""
    added = "\n".join(part for pair in pairs for part in _register_of(pair))
    path.write_text(f"{DEMO_REGISTER.read_text(encoding='utf-8')}\n{added}\n", encoding="utf-8")


def world_of(pairs: list[Pair], onlookers: list[Someone]) -> DemoWorld:
    """Return the accounts, groups and licences of the people of the load."""
    people = [_account(one, "OVO000101", ()) for one in onlookers]
    groups, pools = [], []
    for pair in pairs:
        people.append(_account(pair.requester, pair.target, ()))
        people.append(_account(pair.approver, pair.source, ()))
        people += [_account(one, pair.source, (pair.target,)) for one in pair.leavers]
        groups += _groups(pair)
        pools += [
            DemoPool(entity=entity, name=pool, in_use=100)
            for entity in (pair.source, pair.target)
            for pool in _POOLS
        ]
    return DemoWorld(person=tuple(people), group=tuple(groups), pool=tuple(pools))


def _pair(number: int) -> Pair:
    first, domain = 1000 + number * 20, f"bron{number}"
    leavers = [
        _someone(first + 2 + index, "collega", domain) for index in range(COLLEAGUES + STANDING)
    ]
    return Pair(
        number=number,
        requester=_someone(first, "aanvrager", f"doel{number}"),
        approver=_someone(first + 1, "goedkeurder", domain),
        colleagues=tuple(leavers[:COLLEAGUES]),
        standing=tuple(leavers[COLLEAGUES:]),
    )


def _someone(number: int, role: str, domain: str) -> Someone:
    return Someone(
        number, f"{role.title()} Nummer {number}", f"{role}.{number}@{domain}.vlaanderen.example"
    )


def _register_of(pair: Pair) -> Iterator[str]:
    for key, one in ((f"a{pair.number}", pair.requester), (f"g{pair.number}", pair.approver)):
        yield f'[people.{key}]\nobject_id = "{demo_person_id(one.number)}"'
        yield f'name = "{one.name}"\nupn = "{one.upn}"'
    pools = ", ".join(f"{pool} = {_SEATS}" for pool in (*_POOLS, "Veldwerker"))
    for code, name in ((pair.source, "bron"), (pair.target, "doel")):
        yield f'[[entities]]\ncode = "{code}"\nname = "Agentschap {name.title()} {pair.number}"'
        yield f'domains = ["{name}{pair.number}.vlaanderen.example"]\non_tenant = true'
        yield f'requesters = ["a{pair.number}"]\napprovers = [{{ person = "g{pair.number}" }}]'
        yield f"pools = {{ {pools} }}"


def _account(one: Someone, entity: str, entitled: tuple[str, ...]) -> DemoPerson:
    user, _, domain = one.upn.partition("@")
    return DemoPerson(
        number=one.number,
        name=one.name,
        upn=one.upn,
        entity=entity,
        entitled=entitled,
        aliases=(f"{user.replace('.', '-')}@{domain}", f"{user}.oud@{domain}"),
        drive_mb=1500,
    )


def _groups(pair: Pair) -> list[DemoGroup]:
    members = tuple(one.number for one in pair.leavers)
    return [
        DemoGroup(
            number=1000 + pair.number * 10 + index,
            name=f"Werkgroep {index + 1} van bron {pair.number}",
            owners=(pair.approver.number,),
            members=members,
        )
        for index in range(3)
    ]
