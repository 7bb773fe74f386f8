"""With a setting that guards something missing or wrong, the process does not start.

The holes of row J13 and all of them at once are shown on the real process; the others, which take
the same way through the settings, without the seconds that a process needs.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from bot.settings import DEMO_CARD_KEY
from bot.settings_reader import SettingsError, read_settings
from tests.conversations.stage import live_settings
from tests.fakes.signing import rsa_key

_ROOT = Path(__file__).parents[2]
_ZEROS = "00000000-0000-0000-0000-000000000000"
_LONG_ENOUGH = 100.0

Environment = dict[str, str]


@pytest.fixture
def complete(tmp_path: Path) -> Environment:
    """Everything that live mode asks for."""
    given = live_settings(tmp_path, "postgresql://127.0.0.1:1/none")
    prefix = "MUTATIEBOT_"
    names = {name: f"{prefix}{name.removeprefix(prefix).upper()}" for name in given}
    return {names[name]: str(value) for name, value in given.items()}


# What is taken away (None) or changed, and the setting that the process then names.
_HOLES: dict[str, tuple[Mapping[str, str | None], str]] = {
    "app id missing": ({"APP_ID": None}, "APP_ID: is required in live mode"),
    "app id empty": ({"APP_ID": ""}, "APP_ID: is required in live mode"),
    "app id no guid": ({"APP_ID": "my-bot"}, "APP_ID"),
    "app id of zeros": ({"APP_ID": _ZEROS}, "APP_ID: is the id of nobody"),
    "tenant missing": ({"APP_TENANT_ID": None}, "APP_TENANT_ID: is required in live mode"),
    "tenant common": ({"APP_TENANT_ID": "common"}, "APP_TENANT_ID"),
    "tenant of zeros": ({"APP_TENANT_ID": _ZEROS}, "APP_TENANT_ID: is the id of nobody"),
    "secret missing": ({"APP_SECRET": None}, "APP_CERTIFICATE: give either this or"),
    "secret of spaces": ({"APP_SECRET": "  "}, "APP_CERTIFICATE: give either this or"),
    "certificate no file": (
        {"APP_SECRET": None, "APP_CERTIFICATE": "none.pem"},
        "APP_CERTIFICATE: is no file",
    ),
    "certificate of nothing": (
        {"APP_SECRET": None, "APP_CERTIFICATE": "pyproject.toml"},
        "APP_CERTIFICATE: must hold a private key",
    ),
    "certificate without certificate": (
        {"APP_SECRET": None, "APP_CERTIFICATE": "{folder}/key.pem"},
        "APP_CERTIFICATE: must hold a certificate",
    ),
    "certificate of another kind": (
        {"APP_SECRET": None, "APP_CERTIFICATE": "{folder}/curve.pem"},
        "APP_CERTIFICATE: must hold an RSA key",
    ),
    "card keys missing": ({"CARD_KEYS": None}, "CARD_KEYS: is required in live mode"),
    "card keys of the demo": ({"CARD_KEYS": DEMO_CARD_KEY}, "CARD_KEYS: is required in live mode"),
    "card key short": ({"CARD_KEYS": "short"}, "CARD_KEYS: each key must have"),
    "anchor missing": ({"AUDIT_ANCHOR": None}, "AUDIT_ANCHOR: is required in live mode"),
    "audit key missing": ({"AUDIT_KEY": None}, "AUDIT_KEY: is required in live mode"),
    "register missing": ({"REGISTER": None}, "REGISTER: must name your own register"),
    "service hosts of commas": ({"SERVICE_HOSTS": ",,"}, "SERVICE_HOSTS: must be host names"),
    "service hosts with a port": (
        {"SERVICE_HOSTS": "127.0.0.1:80"},
        "SERVICE_HOSTS: must be host names",
    ),
    "service hosts with a star": (
        {"SERVICE_HOSTS": "*.trafficmanager.net"},
        "SERVICE_HOSTS: must be host names",
    ),
    "service url elsewhere": (
        {"SERVICE_URL": "https://evil.example/emea"},
        "SERVICE_URL: must be on one of",
    ),
    "metadata over http": (
        {"OPENID_METADATA_URL": "http://login.botframework.com/x"},
        "OPENID_METADATA_URL: must be https",
    ),
    "mode misspelt": ({"MODE": "Live"}, "MODE"),
    "mode missing and open to others": ({"MODE": None, "HOST": "0.0.0.0"}, "HOST: must be a loop"),  # noqa: S104 - refused
    "setting misspelt": ({"APPID": "x"}, "APPID: there is no such setting"),
}


_BY_PROCESS = ("app id missing", "tenant missing", "secret missing", "card keys missing")


@pytest.mark.case("J13")
@pytest.mark.parametrize("hole", _BY_PROCESS)
async def test_process_does_not_start_with_a_hole(
    tmp_path: Path, complete: Environment, hole: str
) -> None:
    words = _make_hole(complete, hole, tmp_path)

    code, said = await _run(complete)

    assert code == 2, said
    assert f"MUTATIEBOT_{words}" in said
    assert "Traceback" not in said
    assert "a-secret-of-the-test" not in said


@pytest.mark.case("J13")
@pytest.mark.parametrize("hole", _HOLES)
def test_settings_with_a_hole_are_refused(
    tmp_path: Path, complete: Environment, hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = _make_hole(complete, hole, tmp_path)
    for name, value in complete.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as raised:
        read_settings()

    assert f"MUTATIEBOT_{words}" in str(raised.value)
    assert "a-secret-of-the-test" not in str(raised.value)


def _make_hole(complete: Environment, hole: str, folder: Path) -> str:
    """Spoil the settings and return what the program says about it."""
    changes, words = _HOLES[hole]
    keys: dict[str, PrivateKeyTypes] = {
        "key": rsa_key("k1"),
        "curve": ec.generate_private_key(ec.SECP256R1()),
    }
    for name, key in keys.items():
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{name}.pem").write_bytes(pem)
    for name, value in changes.items():
        complete.pop(f"MUTATIEBOT_{name}", None)
        if value is not None:
            complete[f"MUTATIEBOT_{name}"] = value.replace("{folder}", str(folder))
    return words


@pytest.mark.case("J13")
async def test_all_holes_are_named_at_once(complete: Environment) -> None:
    for name in ("APP_ID", "APP_TENANT_ID", "APP_SECRET", "CARD_KEYS", "REGISTER"):
        del complete[f"MUTATIEBOT_{name}"]

    code, said = await _run(complete)

    assert code == 2
    names = ("APP_ID", "APP_TENANT_ID", "APP_CERTIFICATE", "CARD_KEYS", "REGISTER")
    assert all(f"MUTATIEBOT_{name}: " in said for name in names), said


async def test_without_a_hole_the_settings_are_accepted(complete: Environment) -> None:
    code, said = await _run(complete, "register")

    assert code == 0, said
    assert "no faults" in said


async def _run(environment: Environment, *command: str) -> tuple[int, str]:
    """Run the program and return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *command),
        cwd=_ROOT,
        env={"PATH": os.defpath, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(_LONG_ENOUGH):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace")
