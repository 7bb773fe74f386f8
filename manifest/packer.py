"""Make the app package: one zip that a Teams administrator can upload."""

import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

FOLDER: Final = Path(__file__).parent
MANIFEST_NAME: Final = "manifest.json"
ICON_NAMES: Final = ("color.png", "outline.png")

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_VERSION: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")
_NAME_LIMIT: Final = 32
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest moment a zip can hold: the same content gives the same bytes at any time."""


class ManifestError(ValueError):
    """The app package cannot be made; every fault is named at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who answers for the app, as people see it in Teams; the addresses are https.

    Attributes:
        name: At most 32 characters.
    """

    name: str
    website_url: str
    privacy_url: str
    terms_of_use_url: str


def manifest(app_id: str, *, publisher: Publisher, version: str) -> dict[str, Any]:
    """Return the filled-in manifest.

    Args:
        app_id: Client id of the bot registration in Entra ID.
        publisher: Who answers for the app.
        version: Three numbers with dots; Teams updates the app only if it grows.

    Raises:
        ManifestError: Some of it is not what Teams accepts.
    """
    problems = _problems(app_id, publisher, version)
    if problems:
        raise ManifestError(problems)
    values = {
        "app_id": app_id.lower(),
        "version": version,
        "developer_name": publisher.name,
        "website_url": publisher.website_url,
        "privacy_url": publisher.privacy_url,
        "terms_of_use_url": publisher.terms_of_use_url,
    }
    template = json.loads((FOLDER / "manifest.template.json").read_text("utf-8"))
    return {key: _filled(value, values) for key, value in template.items()}


def build(app_id: str, out_path: Path, *, publisher: Publisher, version: str) -> Path:
    """Write the app package to `out_path` and return it; equal input gives equal bytes.

    Raises:
        ManifestError: As `manifest` does; nothing is written then.
    """
    content = manifest(app_id, publisher=publisher, version=version)
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    files = {MANIFEST_NAME: text.encode()}
    files |= {name: (FOLDER / name).read_bytes() for name in ICON_NAMES}
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out_path, "w") as package:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
            entry.create_system = 3  # as on Unix, wherever it is made
            entry.external_attr = 0o644 << 16
            package.writestr(entry, data)
    return out_path


def _problems(app_id: str, publisher: Publisher, version: str) -> list[str]:
    problems = []
    if not _GUID.fullmatch(app_id):
        problems.append(f"app id is not a GUID: {app_id!r}")
    if not _VERSION.fullmatch(version):
        problems.append(f"version is not three numbers: {version!r}")
    if not 0 < len(publisher.name.strip()) <= _NAME_LIMIT:
        problems.append(f"publisher name must have 1 to {_NAME_LIMIT} characters")
    addresses = {
        "website": publisher.website_url,
        "privacy": publisher.privacy_url,
        "terms of use": publisher.terms_of_use_url,
    }
    for what, address in addresses.items():
        parts = urlsplit(address)
        if parts.scheme != "https" or not parts.hostname:
            problems.append(f"{what} address must be https: {address!r}")
    return problems


def _filled(value: Any, values: dict[str, str]) -> Any:  # noqa: ANN401 -- JSON is any shape
    if isinstance(value, str):
        return Template(value).substitute(values)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    return value
