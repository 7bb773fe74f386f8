"""Reads out of Microsoft's Python client for Graph which paths, verbs and properties there are.

The client (`msgraph-sdk`) is generated from the metadata of Graph v1.0: one class for each path,
one for each type, with Microsoft's own sentence about each property. The wheel is read as the
archive that it is, so nothing of the 16,741 files in it is unpacked, imported or run.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
PINNED: Final = HERE / "requirements.txt"
FOLDER: Final = ROOT / "build" / "metadata"

_GENERATED: Final = "msgraph/generated/"
_TEMPLATE: Final = re.compile(r'super\(\).__init__\(request_adapter, "\{\+baseurl\}([^"]*)"')
_METHOD: Final = re.compile(r'async def (get|post|patch|put|delete)\(.*?"""(.*?)"""', re.DOTALL)
_OWN_TEMPLATE: Final = re.compile(r"RequestInformation\(Method\.([A-Z]+), '([^']*)'")
_PAGE: Final = re.compile(r"Find more info here: ([^\s?]+)")
_QUERY: Final = re.compile(r"\{\?([^}]*)\}$|\?.*$")
_CLASS: Final = re.compile(r"^class (\w+)\((\w+)", re.MULTILINE)
_FIELD: Final = re.compile(r"^    # (.*)\n    (\w+): ", re.MULTILINE)
_NAME: Final = re.compile(r"\"([^\"]+)\": lambda n : setattr\(self, '(\w+)'")


@dataclass(frozen=True, slots=True)
class Method:
    """What is published of one verb of one path.

    Attributes:
        options: Query options that it takes.
        page: Page of Microsoft's reference; empty when none is named.
    """

    options: frozenset[str]
    page: str


class MetadataMissingError(Exception):
    """The wheel is not there, or is not the one that is pinned."""


def pinned_wheel(folder: Path = FOLDER) -> Path:
    """Return the wheel in a folder, checked against the hash that is pinned.

    Raises:
        MetadataMissingError: It was not downloaded, or is another one.
    """
    pin = re.search(r"(\S+)==(\S+) \\\s+--hash=sha256:(\w+)", PINNED.read_text(encoding="utf-8"))
    assert pin is not None
    name, version, digest = pin.groups()
    wheel = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    if not wheel.is_file():
        raise MetadataMissingError(f"{wheel} is not there: run `make metadata`")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != digest:
        raise MetadataMissingError(f"{wheel} is not the one that is pinned")
    return wheel


class GraphMetadata:
    """What Microsoft publishes about Graph v1.0."""

    def __init__(self, wheel: Path) -> None:
        self._archive = zipfile.ZipFile(wheel)
        self.documented = cache(self._documented)
        self._paths = cache(self._read_paths)

    def methods(self, path: str) -> Mapping[str, Method]:
        """Return what is published of a path template, by verb; empty: there is no such path."""
        path = path.replace("/microsoft.graph.", "/graph.")
        return self._paths(_snake(path.split("/")[1])).get(path, {})

    def body(self, path: str) -> Mapping[str, str]:
        """Return the parameters of an action, by what its body may hold; empty: it has none."""
        folder = _folder(path)
        name = f"{folder}{folder.rstrip('/').rpartition('/')[2]}_post_request_body.py"
        return self._fields(name) if name in self._names else {}

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self._archive.namelist())

    def _text(self, name: str) -> str:
        return self._archive.read(name).decode()

    def _read_paths(self, top: str) -> Mapping[str, Mapping[str, Method]]:
        found: dict[str, dict[str, Method]] = {}
        for name in self._names:
            if name.startswith(f"{_GENERATED}{top}/") and name.endswith("_request_builder.py"):
                for path, verb, method in _methods(self._text(name)):
                    found.setdefault(path, {})[verb] = method
        return found

    def _documented(self, type_name: str) -> Mapping[str, str]:
        """Return what is said of each property of a type, inherited ones too; empty: no type."""
        name = f"{_GENERATED}models/{_snake(type_name)}.py"
        if name not in self._names:
            return {}
        base = _CLASS.search(self._text(name))
        inherited = self.documented(base[2]) if base is not None else {}
        return {**inherited, **self._fields(name)}

    def _fields(self, name: str) -> Mapping[str, str]:
        text = self._text(name)
        said = {attribute: sentence for sentence, attribute in _FIELD.findall(text)}
        return {shown: said.get(attribute, "") for shown, attribute in _NAME.findall(text)}


def _methods(text: str) -> Iterator[tuple[str, str, Method]]:
    """Yield path, verb and what is published of it; a verb may have a template of its own."""
    usual = _TEMPLATE.search(text)
    assert usual is not None
    own = {verb: one.removeprefix("{+baseurl}") for verb, one in _OWN_TEMPLATE.findall(text)}
    for name, documented in _METHOD.findall(text):
        template = str(own.get(name.upper(), usual[1]))
        page = _PAGE.search(documented)
        method = Method(_options(template), page[1] if page is not None else "")
        yield unquote(_QUERY.sub("", template)), name.upper(), method


def _options(template: str) -> frozenset[str]:
    listed = _QUERY.search(template)
    named = listed[1] if listed is not None else None
    return frozenset(unquote(named).rstrip("*").split(",")) if named else frozenset()


def _folder(path: str) -> str:
    """Return where the client keeps the class of a path."""
    parts = [
        "item" if part.startswith("{") else _snake(part.lstrip("$"))
        for part in path.strip("/").split("/")
    ]
    return _GENERATED + "/".join(parts) + "/"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.replace(".", "_")).lower()
