"""People of the demo, each with an own client on an own port."""

from dataclasses import dataclass

from mutations.identity import ObjectId, Upn


@dataclass(frozen=True, slots=True)
class Persona:
    """One person whose seat a tester can take.

    Attributes:
        key: Short name for folders and addresses: lower-case letters, digits and dashes.
        name: Display name, shown in the client.
        port: Loopback port of this person's client, fixed so that addresses stay valid.
    """

    key: str
    object_id: ObjectId
    name: str
    upn: Upn
    port: int


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one persona sits: the page to open and the address where the bot reaches them.

    All three are the same at every start, so a message to a person who never wrote arrives.

    Attributes:
        page: Address to open in a browser.
        service_url: Service URL under which this client takes the bot's messages.
        conversation_id: Id of the personal chat of the persona with the bot.
    """

    persona: Persona
    page: str
    service_url: str
    conversation_id: str


def seat_of(persona: Persona) -> Seat:
    """Return where the persona sits, whether the client runs or not."""
    origin = f"http://127.0.0.1:{persona.port}"
    return Seat(
        persona=persona,
        page=f"{origin}/",
        service_url=f"{origin}/_connector",
        conversation_id=f"personal-{persona.key}",
    )
