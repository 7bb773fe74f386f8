"""The register file becomes a register, or a list of everything that is wrong with it."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo import DEMO_REGISTER
from bot.register_file import RegisterFileError, load_register, parse_register
from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId
from mutations.register import OldAccount, Register

TODAY = date(2026, 11, 23)
GUID = "00000000-0000-4000-8000-0000000000"
DEPUTY = "entities[OVO000001].approvers[0].deputies[0]"
SMALL = """
service_desk = ["sofie"]

[people.ann]
object_id = "00000000-0000-4000-8000-00000000000A"
name = "Ann"
upn = "Ann@One.example"

[people.bob]
object_id = "00000000-0000-4000-8000-00000000000b"
name = "Bob"
upn = "bob@one.example"

[people.sofie]
object_id = "00000000-0000-4000-8000-00000000000c"
name = "Sofie"
upn = "sofie@one.example"

[contract]
version = "1"
onedrive_days = 30
recycle_bin_days = 31
days_ahead = 365
remind_after = 2
expire_after = 20
warn_before = 7
supplier = "Leverancier"
order_portal = "Portaal"
service_delivery_manager = "sofie"
shared_pools = ["OASE"]
lead_times = { A = 1, B = 2, C = 5 }

[[entities]]
code = "OVO000001"
name = "Een"
domains = ["one.example"]
on_tenant = true
requesters = ["bob"]
pools = { Kenniswerker = 4, OASE = 0 }

[[entities.approvers]]
person = "ann"
deputies = [{ person = "bob", from_on = 2026-01-01, until_on = 2026-12-31 }]

[[entities]]
code = "OVO000002"
name = "Twee"
domains = ["two.example"]
on_tenant = false
"""


def problems_of(content: str, *, today: date = TODAY) -> list[str]:
    with pytest.raises(RegisterFileError) as caught:
        parse_register(content, today=today)
    return caught.value.problems


def changed(*changes: tuple[str, str]) -> str:
    content = SMALL
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    return content


def test_small_file_becomes_a_register() -> None:
    register = parse_register(SMALL, today=TODAY)

    one = register.entities[EntityCode("OVO000001")]
    ann = one.approvers[0].contact
    assert (ann.name, ann.object_id, ann.upn) == ("Ann", f"{GUID}0a", "ann@one.example")
    assert set(one.deciders(date(2026, 12, 31))) == {f"{GUID}0a", f"{GUID}0b"}
    assert set(one.deciders(date(2027, 1, 1))) == {f"{GUID}0a"}
    assert one.has_requester(ObjectId(f"{GUID}0b"))
    assert one.pools == {"Kenniswerker": 4, "OASE": 0}
    assert register.is_service_desk(ObjectId(f"{GUID}0c"))
    assert register.contract.lead_times == {Outcome.A: 1, Outcome.B: 2, Outcome.C: 5}
    assert register.contract.recycle_bin_days == 31
    assert register.contract.shared_pools == ("OASE",)
    assert register.contract.old_account is OldAccount.DISABLE


def test_old_account_of_order_c_is_deleted_only_where_the_file_says_so() -> None:
    text = SMALL.replace("[contract]", '[contract]\nold_account = "delete"')
    unclear = SMALL.replace("[contract]", '[contract]\nold_account = "purge"')

    assert parse_register(text, today=TODAY).contract.old_account is OldAccount.DELETE
    with pytest.raises(RegisterFileError, match=r"contract\.old_account"):
        parse_register(unclear, today=TODAY)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "Ann"', 'name = " "', "people[ann].name: is empty"),
        ('name = "Ann"', "", "people[ann].name: is missing"),
        ("00000000000A", "00000000000", "people[ann].object_id: is not a GUID"),
        ("Ann@One.example", "{ann}", "people[ann].upn: is not a user principal name"),
        (
            "00000000000b",
            "00000000000a",
            f"people[bob].object_id: '{GUID}0a' already stands at people[ann].object_id",
        ),
        (
            "bob@one",
            "ANN@one",
            "people[bob].upn: 'ANN@one.example' already stands at people[ann].upn",
        ),
        ('["sofie"]', "[]", "service_desk: needs at least one entry"),
        ('["sofie"]', '["zoe"]', "service_desk[0]: nobody has the key 'zoe' under [people]"),
        ('["sofie"]', '["bob", "bob"]', "service_desk: names 'bob' more than once"),
        ('["sofie"]', '"sofie"', "service_desk: must be a list"),
        ("C = 5", "C = 0", "contract.lead_times.C: must be more than 0"),
        ("C = 5", "C = true", "contract.lead_times.C: must be a whole number"),
        (", C = 5", "", "contract.lead_times.C: is missing"),
        ("C = 5", "C = 5, D = 1", "contract.lead_times.D: is not a known setting"),
        ("onedrive_days = 30", "", "contract.onedrive_days: is missing"),
        ("days_ahead = 365", "days_ahead = '1'", "contract.days_ahead: must be a whole number"),
        ("warn_before", "warn", "contract.warn: is not a known setting"),
        (
            'manager = "sofie"',
            'manager = "x"',
            "contract.service_delivery_manager: nobody has the key 'x' under [people]",
        ),
        ("OVO000001", "OVO1", "entities[OVO1].code: 'OVO1' is not OVO and six digits"),
        ('"OVO000001"', "1", "entities[0].code: must be text"),
        (
            "OVO000002",
            "OVO000001",
            "entities[1].code: 'OVO000001' already stands at entities[0].code",
        ),
        ('["one.example"]', "[]", "entities[OVO000001].domains: needs at least one entry"),
        ('["one.ex', '["one ex', "entities[OVO000001].domains[0]: is not a mail domain"),
        ("= true", '= "ja"', "entities[OVO000001].on_tenant: must be true or false"),
        (
            '["bob"]',
            '["bo"]',
            "entities[OVO000001].requesters[0]: nobody has the key 'bo' under [people]",
        ),
        (
            'person = "ann"',
            'person = "an"',
            "entities[OVO000001].approvers[0].person: nobody has the key 'an' under [people]",
        ),
        (
            'person = "ann"',
            'person = "bob"',
            "entities[OVO000001].approvers[0].deputies: an approver cannot be their own deputy",
        ),
        (
            "2026-12-31",
            "2025-12-31",
            f"{DEPUTY}.until_on: is before from_on (2026-01-01)",
        ),
        (
            "2026-12-31",
            '"2026-12-31"',
            f"{DEPUTY}.until_on: must be a date such as 2026-11-01, without quotes",
        ),
        ("Kenniswerker = 4", "X = -4", "entities[OVO000001].pools[X]: must not be negative"),
        (
            ", OASE = 0",
            "",
            "entities[OVO000001].pools: the number for OASE is missing (0 when there are none)",
        ),
        (
            'requesters = ["bob"]',
            'requesters = ["bob"]\ncolour = "red"',
            "entities[OVO000001].colour: is not a known setting",
        ),
    ],
)
def test_one_fault_is_one_sentence_with_its_place(old: str, new: str, problem: str) -> None:
    found = problems_of(changed((old, new)))

    assert problem in found
    # A misspelt key is missing under its right name too.
    assert all(other == problem or other.endswith("is missing") for other in found)


def test_all_faults_are_reported_at_once() -> None:
    content = changed(
        ("00000000000A", "x"),
        ('["sofie"]', '["zoe"]'),
        ("C = 5", "C = 0"),
        ('person = "bob"', 'person = "bo"'),
        ("2026-12-31", "2025-12-31"),
        ("OVO000002", "OVO000001"),
        ("00000000000c", "00000000000b"),
    )

    assert problems_of(content) == [
        f"people[sofie].object_id: '{GUID}0b' already stands at people[bob].object_id",
        "entities[1].code: 'OVO000001' already stands at entities[0].code",
        "people[ann].object_id: is not a GUID",
        "service_desk[0]: nobody has the key 'zoe' under [people]",
        "contract.lead_times.C: must be more than 0",
        f"{DEPUTY}.person: nobody has the key 'bo' under [people]",
        f"{DEPUTY}.until_on: is before from_on (2026-01-01)",
    ]


def test_entity_on_the_tenant_needs_an_approver_until_it_is_closed() -> None:
    start, end = SMALL.index("[[entities.approvers]]"), SMALL.rindex("[[entities]]")
    without = SMALL[:start] + SMALL[end:]
    closing = without.replace("on_tenant = true", "on_tenant = true\nclosed_on = 2026-12-01")
    problem = "entities[OVO000001].approvers: an entity on the tenant needs at least one approver"

    assert problems_of(without) == [problem]
    assert problems_of(closing, today=date(2026, 11, 30)) == [problem]
    register = parse_register(closing, today=date(2026, 12, 1))
    assert register.entities[EntityCode("OVO000001")].is_closed(date(2026, 12, 1))


def test_empty_file_says_what_is_missing() -> None:
    parts = ("people", "service_desk", "contract", "entities")

    assert problems_of("") == [f"{part}: is missing" for part in parts]


def test_wrong_kinds_of_parts_are_named() -> None:
    content = "people = [1]\nservice_desk = {}\ncontract = 2\nentities = [1]"

    assert problems_of(content) == [
        "people: must be a table",
        "service_desk: must be a list",
        "contract: must be a table",
        "entities[0]: must be a table",
    ]


def test_broken_toml_is_refused_with_the_line() -> None:
    (problem,) = problems_of("service_desk = [\n]\nx = ")

    assert problem.startswith("not valid TOML: ")


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    no_text = tmp_path / "register.toml"
    no_text.write_bytes(b"\xff\xfe")

    for path, reason in ((tmp_path / "absent.toml", "cannot be read"), (no_text, "not UTF-8")):
        with pytest.raises(RegisterFileError, match=reason):
            load_register(path, today=TODAY)


values = st.sampled_from(
    [
        *("", "0", "-1", "1.5", "true", '""', '"x"', "[]", "[1]", '["ann"]', "{}", "{ a = 1 }"),
        *("2026-01-01", "2026-01-01T00:00:00", "nan", '"{x}"', "[[]]", "[{}]"),
    ]
)
lines = SMALL.splitlines()
settings = [number for number, line in enumerate(lines) if " = " in line]


@given(st.lists(st.tuples(st.sampled_from(settings), values), min_size=1, max_size=4))
def test_any_damage_gives_a_register_or_its_problems(damage: list[tuple[int, str]]) -> None:
    damaged = list(lines)
    for number, value in damage:
        damaged[number] = f"{lines[number].partition(' = ')[0]} = {value}" if value else ""

    found: Register | None = None
    problems: list[str] = []
    try:
        found = parse_register("\n".join(damaged), today=TODAY)
    except RegisterFileError as error:
        problems = error.problems

    assert (found is None) == bool(problems)
    assert all(": " in problem for problem in problems)


@pytest.fixture(scope="module")
def demo() -> Register:
    return load_register(DEMO_REGISTER, today=TODAY)


def test_demo_file_holds_the_demo_entities(demo: Register) -> None:
    assert {code: entity.name for code, entity in demo.entities.items()} == {
        "OVO000101": "Agentschap Wegen en Water",
        "OVO000102": "Departement Omgeving en Ruimte",
        "OVO000103": "Agentschap Zorg en Wonen",
        "OVO000104": "Departement Cultuur en Jeugd",
        "OVO000105": "Opgroeien Vlaanderen Regio",
        "OVO000106": "Vlaamse Haven Autoriteit",
        "OVO000107": "Agentschap Oude Werken",
    }
    outside = [code for code, entity in demo.entities.items() if not entity.on_tenant]
    closed = [code for code, entity in demo.entities.items() if entity.is_closed(TODAY)]
    assert (outside, closed) == (["OVO000106"], ["OVO000107"])


def test_demo_manager_can_reach_every_outcome(demo: Register) -> None:
    targets = demo.requested_by(ObjectId(f"{GUID}01"), TODAY)

    assert {entity.code for entity in targets} == {
        "OVO000102",
        "OVO000103",
        "OVO000105",
        "OVO000106",
    }


def test_demo_approvers_are_those_of_the_cast(demo: Register) -> None:
    roads = demo.entities[EntityCode("OVO000101")]
    culture = demo.entities[EntityCode("OVO000104")]

    assert set(roads.deciders(TODAY)) == {f"{GUID}02", f"{GUID}03"}
    assert len(culture.approvers) == 1
    assert set(culture.deciders(date(2026, 11, 1))) == {f"{GUID}22", f"{GUID}23"}
    assert set(culture.deciders(date(2026, 10, 31))) == {f"{GUID}22"}
    assert set(culture.deciders(date(2027, 11, 1))) == {f"{GUID}22"}


def test_demo_contract_has_the_default_terms(demo: Register) -> None:
    terms = demo.contract

    assert terms.lead_times == {Outcome.A: 1, Outcome.B: 1, Outcome.C: 5}
    assert (terms.version, terms.onedrive_days, terms.recycle_bin_days) == ("2020-01", 30, 30)
    assert (terms.days_ahead, terms.remind_after, terms.expire_after) == (365, 2, 20)
    assert (terms.warn_before, terms.shared_pools) == (7, ("Delegate365", "OASE"))
    assert terms.service_delivery_manager.object_id == f"{GUID}06"
    assert [contact.object_id for contact in demo.service_desk] == [f"{GUID}05"]


def test_demo_moves_between_two_entities_with_one_domain(demo: Register) -> None:
    environment = demo.entities[EntityCode("OVO000102")]
    growing = demo.entities[EntityCode("OVO000105")]

    assert environment.domains == growing.domains
