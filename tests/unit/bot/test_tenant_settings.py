"""The settings of the real tenant: complete, or the process does not start."""

import pytest

from bot.settings import Settings
from bot.settings_reader import SettingsError, read_settings

GUID = "5f0a1f3e-6c1b-4b7e-9a55-0d2f6f0c9a11"
WHOLE = {
    "TENANT": "microsoft365",
    "APP_TENANT_ID": GUID,
    "FULFILMENT_APP_ID": GUID,
    "FULFILMENT_APP_SECRET": "not a real secret",
    "PROFILE_LICENCES": f'{{"Kenniswerker": ["{GUID}"]}}',
}


def _read(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"MUTATIEBOT_{name}", value)
    return read_settings()


def test_whole_settings_name_the_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch, **WHOLE)

    assert settings.attributes.main_sku("Kenniswerker") == GUID
    assert settings.attributes.entity == "companyName"


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"TENANT"}))
def test_real_tenant_with_a_hole_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError, match="MUTATIEBOT_"):
        _read(monkeypatch, **{key: value for key, value in WHOLE.items() if key != name})


@pytest.mark.parametrize(
    "changes",
    [
        {"ENTITY_ATTRIBUTE": "proxyAddresses"},
        {"ENTITY_ATTRIBUTE": "employeeType"},
        {"PROFILE_LICENCES": '{"Kenniswerker": ["geen guid"]}'},
        {"EXCHANGE": "pwsh"},
        {"GRAPH_URL": "http://graph.microsoft.com"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    with pytest.raises(SettingsError):
        _read(monkeypatch, **{**WHOLE, **changes})
