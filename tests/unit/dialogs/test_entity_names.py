"""People name entities by code, name, initials and with typos; doubt becomes a choice."""

import time
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dialogs.entity_names import Nothing, One, Several, match_entities
from mutations.identity import EntityCode
from mutations.register import Entity


def entity(code: str, name: str) -> Entity:
    return Entity(
        code=EntityCode(code),
        name=name,
        domains=("a.vlaanderen.example",),
        on_tenant=True,
        requesters=(),
        approvers=(),
        pools={},
    )


ROADS = entity("OVO000101", "Agentschap Wegen en Water")
ENVIRONMENT = entity("OVO000102", "Departement Omgeving en Ruimte")
CARE = entity("OVO000103", "Agentschap Zorg en Wonen")
CULTURE = entity("OVO000104", "Departement Cultuur en Jeugd")
GROWING = entity("OVO000105", "Opgroeien Vlaanderen Regio")
HARBOUR = entity("OVO000106", "Vlaamse Haven Autoriteit")
OLD = entity("OVO000107", "Agentschap Oude Werken")
ENTITIES = (ROADS, ENVIRONMENT, CARE, CULTURE, GROWING, HARBOUR, OLD)

names = st.text(
    alphabet=st.characters(categories=("Lu", "Ll", "Nd", "Pd", "Zs")), min_size=1, max_size=60
).filter(lambda name: name.strip() == name and name.strip("- "))
codes = st.integers(min_value=0, max_value=999_999).map(lambda number: f"OVO{number:06d}")
registers = st.lists(
    st.builds(entity, codes, names),
    min_size=1,
    max_size=8,
    unique_by=(lambda one: one.code, lambda one: one.name),
).filter(lambda found: not any("ovo" in one.name.casefold() for one in found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OVO000101", ROADS),
        ("ovo000102", ENVIRONMENT),
        (" OVO 000 103 ", CARE),
        ("ovo-000104", CULTURE),
        ("de code is OVO000105.", GROWING),
        ("Agentschap Wegen en Water", ROADS),
        ("agentschap wegen en water", ROADS),
        ("AGENTSCHAP WÉGEN EN WÄTER!", ROADS),
        ("Agentschap Wegen & Water", ROADS),
        ("ze gaat naar het Agentschap Zorg en Wonen", CARE),
        ("AWW", ROADS),
        ("aww", ROADS),
        ("A.W.W.", ROADS),
        ("awew", ROADS),
        ("OVR", GROWING),
        ("vha", HARBOUR),
        ("agentschap wegen en wter", ROADS),
        ("agentschap wegne en water", ROADS),
        ("agenschap wegen water", ROADS),
        ("agentschapwegenenwater", ROADS),
        ("wegen en water", ROADS),
        ("water", ROADS),
        ("naar wegen", ROADS),
        ("departement omgeving", ENVIRONMENT),
        ("omgevng", ENVIRONMENT),
        ("cultuur & jeugd", CULTURE),
        ("Opgroeien", GROWING),
        ("haven", HARBOUR),
        ("oude werken", OLD),
    ],
)
def test_one_entity_is_meant(text: str, expected: Entity) -> None:
    assert match_entities(text, ENTITIES) == One(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("agentschap", {ROADS.code, CARE.code, OLD.code}),
        ("departement", {ENVIRONMENT.code, CULTURE.code}),
        ("wegen of wonen", {ROADS.code, CARE.code}),
        (
            "Agentschap Wegen en Water of Agentschap Zorg en Wonen",
            {ROADS.code, CARE.code},
        ),
    ],
)
def test_doubt_between_entities_becomes_a_choice_or_suggestions(
    text: str, expected: set[EntityCode]
) -> None:
    match = match_entities(text, ENTITIES)

    assert not isinstance(match, One)
    offered = match.entities if isinstance(match, Several) else match.suggestions
    assert {one.code for one in offered} == expected


def test_several_entities_are_returned_as_several() -> None:
    assert isinstance(match_entities("agentschap", ENTITIES), Several)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "?", "en", "de", "ja", "nee", "ok", "1", "M-2026-00042", "morgen"),
        *("OVO999999", "OVO0001011", "status", "mijn aanvragen", "👍", "\x00"),
        *("Agentschap Wegen en Water " * 6, "a" * 10_000),
    ],
)
def test_text_that_names_no_entity_gives_nothing(text: str) -> None:
    assert match_entities(text, ENTITIES) == Nothing()


def test_weak_likeness_is_only_suggested() -> None:
    match = match_entities("opvoeden vlaanderen", ENTITIES)

    assert isinstance(match, Nothing)
    assert match.suggestions[0] == GROWING
    assert len(match.suggestions) <= 3


def test_no_entities_match_nothing() -> None:
    assert match_entities("wegen", ()) == Nothing()


def test_longer_name_wins_from_the_name_inside_it() -> None:
    short, long = entity("OVO000201", "Zorg"), entity("OVO000202", "Zorg en Wonen")

    assert match_entities("graag naar Zorg en Wonen", (short, long)) == One(long)
    assert match_entities("zorg", (short, long)) == One(short)


def test_same_initials_become_a_choice() -> None:
    other = replace(ROADS, code=EntityCode("OVO000301"), name="Academie Wonen en Wetenschap")

    assert match_entities("AWW", (ROADS, other)) == Several((ROADS, other))


@given(registers, st.data())
@example([entity("OVO000001", "e"), entity("OVO000002", "é")], None)
@example([entity("OVO000001", "A-B"), entity("OVO000002", "A B")], None)
def test_exact_name_or_code_always_gives_exactly_that_entity(
    register: list[Entity], data: st.DataObject | None
) -> None:
    chosen = data.draw(st.sampled_from(register)) if data else register[-1]

    assert match_entities(chosen.name, register) == One(chosen)
    assert match_entities(chosen.code.lower(), register) == One(chosen)
    assert match_entities(f"{chosen.code[:3]} {chosen.code[3:6]} {chosen.code[6:]}", register) == (
        One(chosen)
    )


@given(st.sampled_from(ENTITIES), st.data())
def test_one_missing_or_wrong_letter_in_a_name_is_forgiven(
    chosen: Entity, data: st.DataObject
) -> None:
    place = data.draw(st.integers(min_value=0, max_value=len(chosen.name) - 1))
    letter = data.draw(st.sampled_from(["", "x", "e"]))
    assume(chosen.name[place] != " ")

    typed = chosen.name[:place] + letter + chosen.name[place + 1 :]

    assert match_entities(typed, ENTITIES) == One(chosen)


@given(st.text(max_size=150), registers)
def test_any_text_is_matched_without_failing(text: str, register: list[Entity]) -> None:
    match = match_entities(text, register)

    if isinstance(match, Several):
        assert len(match.entities) > 1
        assert len({one.code for one in match.entities}) == len(match.entities)


def test_a_thousand_entities_are_searched_in_a_moment() -> None:
    register = [entity(f"OVO{number:06d}", f"Agentschap {number} Wonen") for number in range(1000)]
    started = time.process_time()

    match_entities("een heel lange omschrijving van een onbekende overheid ergens", register)

    assert time.process_time() - started < 0.5
