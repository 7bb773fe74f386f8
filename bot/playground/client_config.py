"""Configuration file of one client: who sits there, who else is around, in which tenant."""

from collections.abc import Sequence
from typing import Any, Final

from bot.playground.persona import Persona, seat_of
from mutations.identity import ObjectId, Upn

FORMAT_VERSION: Final = "0.1.1"
OTHERS: Final = 5
"""The format wants exactly this many people besides the one who sits there."""

JsonObject = dict[str, Any]


def client_config(
    persona: Persona, *, everyone: Sequence[Persona], tenant_id: str, bot_id: str, bot_name: str
) -> JsonObject:
    """Return the configuration of the client of `persona`, with ids that never change.

    The id of a user is their object id, so that opening a conversation with an object id, as in
    Teams, finds the personal chat.
    """
    others = [other for other in everyone if other.key != persona.key]
    others += [_bystander(number) for number in range(1, OTHERS + 1)]
    return {
        "version": FORMAT_VERSION,
        "tenantId": tenant_id,
        "bot": {"id": bot_id, "name": bot_name},
        "currentUser": _user(persona),
        "users": [_user(other) for other in others[:OTHERS]],
        "personalChat": {"id": seat_of(persona).conversation_id},
        "groupChat": {"id": f"group-{persona.key}", "name": "Groepsgesprek"},
        "team": {
            "id": f"team-{persona.key}",
            "name": "Team",
            "aadGroupId": "00000000-0000-4000-9000-0000000000f0",
            "channels": [{"id": f"channel-{persona.key}", "name": "Mededelingen"}],
        },
    }


def _user(persona: Persona) -> JsonObject:
    given_name, _, surname = persona.name.partition(" ")
    return {
        "id": persona.object_id,
        "aadObjectId": persona.object_id,
        "name": persona.name,
        "givenName": given_name,
        "surname": surname or given_name,
        "userPrincipleName": persona.upn,  # spelled like this by the format
        "email": persona.upn,
    }


def _bystander(number: int) -> Persona:
    return Persona(
        key=f"bystander-{number}",
        object_id=ObjectId(f"00000000-0000-4000-9000-00000000000{number}"),
        name=f"Collega {number}",
        upn=Upn(f"collega{number}@demo.example"),
        port=0,
    )
