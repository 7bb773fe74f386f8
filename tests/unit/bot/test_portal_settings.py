"""The settings of an order portal: complete and safe, or the process does not start."""

import base64

import pytest

from bot.settings import Settings
from bot.settings_reader import SettingsError, read_settings
from fulfilment.portal.signature import key_of

GUID = "5f0a1f3e-6c1b-4b7e-9a55-0d2f6f0c9a11"


def secret(fill: bytes, length: int = 32) -> str:
    return "whsec_" + base64.b64encode(fill * length).decode()


WHOLE = {
    "TENANT": "order_portal",
    "PORTAL_URL": "https://portal.example/orders",
    "PORTAL_SECRET": secret(b"a"),
    "PORTAL_CALLBACK_SECRET": secret(b"b"),
}
REAL = {
    **WHOLE,
    "PORTAL_TENANT": "microsoft365",
    "APP_TENANT_ID": GUID,
    "FULFILMENT_APP_ID": GUID,
    "FULFILMENT_APP_SECRET": "not a real secret",
    "PROFILE_LICENCES": f'{{"Kenniswerker": ["{GUID}"]}}',
}


def _read(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"MUTATIEBOT_{name}", value)
    return read_settings()


def test_whole_settings_hand_over_and_read_the_simulated_tenant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _read(monkeypatch, **WHOLE)

    assert settings.hands_over
    assert not settings.is_real
    assert settings.portal_keys == [b"a" * 32]
    assert settings.portal_callback_keys == [b"b" * 32]


def test_secrets_that_are_being_replaced_are_all_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    both = f"{secret(b'c')}, {secret(b'd')},"
    settings = _read(monkeypatch, **{**WHOLE, "PORTAL_CALLBACK_SECRET": both})

    assert settings.portal_callback_keys == [key_of(secret(b"c")), key_of(secret(b"d"))]


def test_without_a_portal_nothing_of_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch)

    assert not settings.hands_over
    assert settings.portal_keys == []


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"TENANT"}))
def test_portal_with_a_hole_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError, match=f"MUTATIEBOT_{name}: is required"):
        _read(monkeypatch, **{key: value for key, value in WHOLE.items() if key != name})


def test_all_holes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as raised:
        _read(monkeypatch, TENANT="order_portal")

    assert [one.split(":")[0] for one in raised.value.problems] == [
        "MUTATIEBOT_PORTAL_URL",
        "MUTATIEBOT_PORTAL_SECRET",
        "MUTATIEBOT_PORTAL_CALLBACK_SECRET",
    ]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORTAL_URL", "http://portal.example/orders", "must be https"),
        ("PORTAL_URL", "portal.example", "must be https"),
        ("PORTAL_SECRET", "secret", "must begin with whsec_"),
        ("PORTAL_SECRET", "whsec_***", "must be base64"),
        ("PORTAL_SECRET", secret(b"a", 23), "24 to 64 bytes"),
        ("PORTAL_SECRET", secret(b"a", 65), "24 to 64 bytes"),
        ("PORTAL_CALLBACK_SECRET", f"{secret(b'b')},x", "must begin with whsec_"),
        ("PORTAL_CALLBACK_SECRET", secret(b"a"), "must not be MUTATIEBOT_PORTAL_SECRET"),
        (
            "PORTAL_CALLBACK_SECRET",
            f"{secret(b'b')},{secret(b'a')}",
            "must not be MUTATIEBOT_PORTAL_SECRET",
        ),
        ("PORTAL_TENANT", "order_portal", "Input should be"),
    ],
)
def test_what_is_unsafe_or_malformed_is_refused_without_telling_the_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        _read(monkeypatch, **{**WHOLE, name: value})

    assert f"MUTATIEBOT_{name}: " in str(raised.value)
    assert says in str(raised.value)
    assert "whsec_Y" not in str(raised.value)


def test_real_accounts_are_read_with_the_settings_of_that_tenant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _read(monkeypatch, **REAL)

    assert (settings.hands_over, settings.is_real) == (True, True)


@pytest.mark.parametrize(
    "name", ["APP_TENANT_ID", "FULFILMENT_APP_ID", "FULFILMENT_APP_SECRET", "PROFILE_LICENCES"]
)
def test_real_accounts_with_a_hole_are_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError, match="MUTATIEBOT_"):
        _read(monkeypatch, **{key: value for key, value in REAL.items() if key != name})
