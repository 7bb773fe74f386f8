"""The app package is what Teams accepts, and what it does not accept is never made."""

import copy
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from manifest.packer import ManifestError, Publisher, build, manifest

APP_ID = "3F2504E0-4F89-41D3-9A0C-0305E82C3301"
PUBLISHER = Publisher(
    name="Digitaal Vlaanderen",
    website_url="https://mutatie.example/",
    privacy_url="https://mutatie.example/privacy",
    terms_of_use_url="https://mutatie.example/voorwaarden",
)
SCHEMA = json.loads(
    (Path(__file__).parent / "MicrosoftTeams.schema.v1.22.json").read_text("utf-8")
)

# The schema calls itself draft 4 but fixes its version with the `const` of draft 6.
Validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # untyped upstream
    jsonschema.Draft4Validator, {"const": jsonschema.Draft6Validator.VALIDATORS["const"]}
)

JsonObject = dict[str, Any]


def faults(content: JsonObject) -> list[str]:
    validator = Validator(SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(content)]


def sound_manifest() -> JsonObject:
    return copy.deepcopy(manifest(APP_ID, publisher=PUBLISHER, version="1.0.0"))


def test_schema_itself_is_sound() -> None:
    jsonschema.Draft4Validator.check_schema(SCHEMA)


def test_manifest_passes_the_published_schema() -> None:
    assert faults(sound_manifest()) == []


def _without_bot_id(content: JsonObject) -> None:
    del content["bots"][0]["botId"]


def _with_two_bots(content: JsonObject) -> None:
    content["bots"].append(content["bots"][0])


def _with_unknown_scope(content: JsonObject) -> None:
    content["bots"][0]["scopes"] = ["everywhere"]


def _with_too_many_commands(content: JsonObject) -> None:
    commands = content["bots"][0]["commandLists"][0]["commands"]
    content["bots"][0]["commandLists"][0]["commands"] = commands[:1] * 11


def _with_long_description(content: JsonObject) -> None:
    content["description"]["short"] = "x" * 81


def _with_long_name(content: JsonObject) -> None:
    content["name"]["short"] = "x" * 31


def _with_plain_colour(content: JsonObject) -> None:
    content["accentColor"] = "blue"


def _with_other_version(content: JsonObject) -> None:
    content["manifestVersion"] = "1.5"


def _with_unknown_field(content: JsonObject) -> None:
    content["surprise"] = True


def _without_icons(content: JsonObject) -> None:
    del content["icons"]


def _with_unfilled_id(content: JsonObject) -> None:
    content["id"] = "${app_id}"


@pytest.mark.parametrize(
    "damage",
    [
        _without_bot_id,
        _with_two_bots,
        _with_unknown_scope,
        _with_too_many_commands,
        _with_long_description,
        _with_long_name,
        _with_plain_colour,
        _with_other_version,
        _with_unknown_field,
        _without_icons,
        _with_unfilled_id,
    ],
)
def test_damaged_manifest_fails_the_published_schema(damage: Callable[[JsonObject], None]) -> None:
    content = sound_manifest()
    damage(content)

    assert faults(content) != []


def test_manifest_is_about_one_bot_in_personal_chat_and_in_dutch() -> None:
    content = sound_manifest()

    assert content["id"] == content["bots"][0]["botId"] == APP_ID.lower()
    assert content["webApplicationInfo"]["id"] == APP_ID.lower()
    assert content["bots"][0]["scopes"] == ["personal"]
    assert content["validDomains"] == []
    assert content["localizationInfo"]["defaultLanguageTag"] == "nl"
    assert [one["title"] for one in content["bots"][0]["commandLists"][0]["commands"]] == [
        "nieuwe mutatie",
        "status",
        "mijn aanvragen",
        "wat wacht op mij?",
        "help",
    ]
    assert "${" not in json.dumps(content)


def test_package_holds_the_manifest_and_its_icons_at_the_top(tmp_path: Path) -> None:
    path = build(APP_ID, tmp_path / "out" / "app.zip", publisher=PUBLISHER, version="1.2.3")

    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        content = json.loads(package.read("manifest.json"))
        icons = set(content["icons"].values())
        assert set(package.namelist()) == {"manifest.json"} | icons
    assert content["version"] == "1.2.3"
    assert faults(content) == []


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one = build(APP_ID, tmp_path / "one.zip", publisher=PUBLISHER, version="1.0.0")
    two = build(APP_ID, tmp_path / "two.zip", publisher=PUBLISHER, version="1.0.0")
    three = build(APP_ID, tmp_path / "three.zip", publisher=PUBLISHER, version="1.0.1")

    assert one.read_bytes() == two.read_bytes() != three.read_bytes()


def test_quotes_and_placeholders_in_the_name_stay_text() -> None:
    publisher = replace(PUBLISHER, name='Dienst "${app_id}"')
    content = manifest(APP_ID, publisher=publisher, version="1.0.0")

    assert content["developer"]["name"] == 'Dienst "${app_id}"'
    assert faults(content) == []


@pytest.mark.parametrize(
    ("app_id", "publisher", "version", "problem"),
    [
        ("", PUBLISHER, "1.0.0", "app id"),
        (APP_ID + "0", PUBLISHER, "1.0.0", "app id"),
        (APP_ID, PUBLISHER, "1.0", "version"),
        (APP_ID, PUBLISHER, "01.0.0", "version"),
        (APP_ID, replace(PUBLISHER, name=" "), "1.0.0", "name"),
        (APP_ID, replace(PUBLISHER, name="x" * 33), "1.0.0", "name"),
        (APP_ID, replace(PUBLISHER, website_url="http://x.example"), "1.0.0", "website"),
        (APP_ID, replace(PUBLISHER, privacy_url="https://"), "1.0.0", "privacy"),
        (APP_ID, replace(PUBLISHER, terms_of_use_url=""), "1.0.0", "terms of use"),
    ],
)
def test_unusable_input_is_refused_and_nothing_is_written(
    app_id: str, publisher: Publisher, version: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ManifestError, match=problem):
        build(app_id, tmp_path / "app.zip", publisher=publisher, version=version)

    assert list(tmp_path.iterdir()) == []


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(ManifestError) as refused:
        manifest("x", publisher=replace(PUBLISHER, name=""), version="")

    assert len(refused.value.problems) == 3
