"""The configuration of a client is valid and the same at every start."""

import pytest

from bot.playground.client_config import client_config
from bot.playground.persona import Persona, seat_of
from mutations.identity import ObjectId, Upn


def persona(number: int) -> Persona:
    return Persona(
        key=f"person-{number}",
        object_id=ObjectId(f"aaaaaaaa-0000-4000-8000-{number:012d}"),
        name="Mieke Van den Berg" if number == 0 else "Cher",
        upn=Upn(f"person{number}@demo.example"),
        port=4000 + number,
    )


@pytest.mark.parametrize("count", [1, 2, 4, 6, 9])
def test_there_are_always_five_different_others(count: int) -> None:
    everyone = [persona(number) for number in range(count)]
    config = client_config(
        everyone[0], everyone=everyone, tenant_id="t", bot_id="28:bot", bot_name="Bot"
    )

    ids = [user["id"] for user in config["users"]]
    assert len(set(ids)) == 5
    assert everyone[0].object_id not in ids
    assert ids[: count - 1] == [one.object_id for one in everyone[1:6]]


def test_persona_is_known_by_object_id_and_chats_where_the_seat_says() -> None:
    mieke = persona(0)
    config = client_config(
        mieke, everyone=[mieke], tenant_id="the tenant", bot_id="28:bot", bot_name="Bot"
    )

    assert config["currentUser"] == {
        "id": mieke.object_id,
        "aadObjectId": mieke.object_id,
        "name": "Mieke Van den Berg",
        "givenName": "Mieke",
        "surname": "Van den Berg",
        "userPrincipleName": mieke.upn,
        "email": mieke.upn,
    }
    assert config["tenantId"] == "the tenant"
    assert config["bot"] == {"id": "28:bot", "name": "Bot"}
    assert config["personalChat"]["id"] == seat_of(mieke).conversation_id


def test_chat_ids_differ_between_personas() -> None:
    chats = [seat_of(persona(number)).conversation_id for number in range(4)]

    assert len(set(chats)) == 4


def test_single_name_still_has_a_surname() -> None:
    cher = persona(1)
    config = client_config(cher, everyone=[cher], tenant_id="t", bot_id="b", bot_name="Bot")

    assert config["currentUser"]["surname"] == "Cher"
