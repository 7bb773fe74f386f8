"""The people whose chat the demo opens, each in a client page of its own."""

from collections.abc import Mapping
from typing import Final

from bot.playground.persona import Persona, seat_of
from fulfilment.tenants.simulated.seed import demo_person_id, demo_world
from mutations.identity import ObjectId, Upn

_PAGES: Final = (
    ("manager", 1),
    ("approver", 2),
    ("approver2", 3),
    ("colleague", 4),
    ("service-desk", 5),
)


def personas(first_port: int) -> tuple[Persona, ...]:
    """Return the personas, with ports that count up from `first_port`."""
    people = {person.number: person for person in demo_world().person}
    return tuple(
        Persona(
            key=key,
            object_id=demo_person_id(number),
            name=people[number].name,
            upn=Upn(people[number].upn),
            port=first_port + index,
        )
        for index, (key, number) in enumerate(_PAGES)
    )


def service_urls(first_port: int) -> Mapping[ObjectId, str]:
    """Return where each persona's page listens as a Bot Connector."""
    return {persona.object_id: seat_of(persona).service_url for persona in personas(first_port)}
