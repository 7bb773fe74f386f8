"""More people than the demo has: ten approvers of one entity and as many colleagues as wanted."""

from collections.abc import Iterator
from pathlib import Path

from bot.demo import DEMO_REGISTER
from fulfilment.tenants.simulated.seed import (
    DemoPerson,
    DemoWorld,
    demo_person_id,
    demo_world,
    seed,
)
from tests.conversations.stage import Stage
from tests.fakes.teams_client import Persona, TeamsClient

WEGENWATER, OMGEVING = "OVO000101", "OVO000102"
_FIRST_APPROVER, _FIRST_COLLEAGUE = 1001, 2001
_APPROVERS = 'approvers = [{ person = "arno" }, { person = "britt" }]'
_PLACES = "pools = { Kenniswerker = 40, Veldwerker = 10, Delegate365 = 60, OASE = 60 }"
_MANY_PLACES = "pools = { Kenniswerker = 9000, Veldwerker = 9, Delegate365 = 9000, OASE = 9000 }"


def approvers(count: int) -> range:
    """Return the numbers of the approvers."""
    return range(_FIRST_APPROVER, _FIRST_APPROVER + count)


def colleagues(count: int) -> range:
    """Return the numbers of the colleagues who move."""
    return range(_FIRST_COLLEAGUE, _FIRST_COLLEAGUE + count)


def write_register(path: Path, *, approver_count: int) -> None:
    """Write the demo's register with these approvers in the place of its own, and licences."""
    text = DEMO_REGISTER.read_text(encoding="utf-8")
    assert _APPROVERS in text
    assert _PLACES in text
    keys = ", ".join(f'{{ person = "approver{number}" }}' for number in approvers(approver_count))
    people = "".join(
        f'[people.approver{one.number}]\nobject_id = "{demo_person_id(one.number)}"\n'
        f'name = "{one.name}"\nupn = "{one.upn}"\n\n'
        for one in _people(approvers(approver_count), "Beslisser")
    )
    text = text.replace(_APPROVERS, f"approvers = [{keys}]").replace(_PLACES, _MANY_PLACES)
    path.write_text(text.replace("[people.arno]", f"{people}[people.arno]", 1), encoding="utf-8")


async def settle_in(stage: Stage, *, approver_count: int, colleague_count: int) -> None:
    """Let all of them exist in the simulated tenant, and the approvers have the bot."""
    crowd = [
        *_people(approvers(approver_count), "Beslisser"),
        *_people(colleagues(colleague_count), "Collega"),
    ]
    world = DemoWorld(person=(*demo_world().person, *crowd))
    await seed(stage.bot.world, world, register=stage.bot.use_cases.context.register)


def join(stage: Stage, *, approver_count: int) -> None:
    """Let the approvers have the bot in their Teams."""
    for one in _people(approvers(approver_count), "Beslisser"):
        persona = Persona(one.name, demo_person_id(one.number))
        stage.people[one.number] = TeamsClient(stage.world, persona)


def address(number: int) -> str:
    """Return the address of a colleague."""
    return f"persoon{number}@wegenwater.vlaanderen.example"


def _people(numbers: range, family: str) -> Iterator[DemoPerson]:
    for number in numbers:
        yield DemoPerson(
            number=number,
            name=f"{family} {number}",
            upn=address(number),
            entity=WEGENWATER,
            entitled=(OMGEVING,),
        )
