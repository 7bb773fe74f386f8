"""Activities that chance has spoilt: first their structure, then sometimes their bytes."""

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

import orjson

_CHANGES_EACH: Final = (1, 1, 1, 2, 3, 4)
_BYTES_TOO: Final = 0.15

ODD_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**53,
    2**63 - 1,
    -(2**63),
    0.1,
    -0.0,
    1e300,
    "",
    " ",
    ".",
    "..",
    "x" * 200,
    "x" * 3_000,
    "\u202eomgekeerd",
    "\u200b\u2066\ufeff",
    "m\u0435ssage",
    "O'Brien",
    "\u2019t S\u00e9ance",
    "e\u0301" * 50,
    "\U0001f469\u200d\U0001f4bb" * 20,
    "\U000e0041",
    "\u2028",
    "\r\nX-Injected: 1",
    "\x1b[31m",
    "' or '1'='1",
    "'; drop table request; --",
    "%s%n{0}{request}$1",
    "../../../etc/passwd",
    "[klik](https://kwaad.example)",
    "<at>Iedereen</at>",
    "2026-13-45T99:99:99Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.9999999+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-02-29T00:00:00",
    "2038-01-19T03:14:08Z",
    "28:bot",
    "https://evil.example",
    "invoke",
    "installationUpdate",
    "adaptiveCard/action",
    "00000000-0000-0000-0000-000000000000",
    [],
    {},
    [[]],
    [None],
    {"id": None},
    {"": ""},
    {"__class__": "x", "__proto__": {}},
    ["x"] * 300,
)
"""Values that surprise careless code; all of them can stand in JSON."""

_BAD_TEXTS: Final = ("\ud800", "\x00", "x\udfff", "a" * 10_000)
_ODD_KEYS: Final = ("", "type", "__proto__", "id", "\u200bid", "k" * 300, "value", "from")
_PIECES: Final = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 400,
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc0\xae",
    b"\\u0000",
    b"\\ud800",
    b"\x00",
    b"{",
    b"}",
    b"[",
    b'"',
    b",",
    b":",
    b"[" * 40,
    b'{"a":' * 40,
    b'"type":"invoke",',
    b'"from":{},',
    b"/**/",
    b"\n",
)


class Mutator:
    """Spoils activities; the same seed spoils in the same way."""

    def __init__(self, corpus: Sequence[dict[str, Any]], seed: int) -> None:
        self._corpus = [orjson.dumps(activity) for activity in corpus]
        self._random = Random(seed)  # noqa: S311 - a seed is the point

    def bodies(self, count: int) -> Iterator[bytes]:
        """Yield so many spoilt bodies."""
        for _ in range(count):
            tree = orjson.loads(self._random.choice(self._corpus))
            for _ in range(self._random.choice(_CHANGES_EACH)):
                self._random.choice(_CHANGES)(self, tree)
            raw = self._written(tree)
            yield self._bytes_spoilt(raw) if self._random.random() < _BYTES_TOO else raw

    def value(self) -> Any:
        """Return something that nobody expects."""
        odd = self._random.choice(ODD_VALUES)
        # A copy: what is put into an activity may be spoilt there.
        return orjson.loads(orjson.dumps(odd)) if isinstance(odd, list | dict) else odd

    def _written(self, tree: Any) -> bytes:
        try:
            if self._random.random() < 0.5:
                return orjson.dumps(tree)
        except TypeError:  # a lone surrogate; the standard library escapes it
            pass
        return json.dumps(tree).encode()

    def _place(self, tree: Any) -> tuple[Any, Any] | None:
        """Return a container somewhere in the tree and a key or index in it."""
        node, found = tree, None
        for _ in range(self._random.randint(1, 5)):
            keys = list(node) if isinstance(node, dict) else range(len(node))
            if not keys:
                break
            key = self._random.choice(keys)
            found = (node, key)
            node = node[key]
            if not isinstance(node, dict | list):
                break
        return found

    def replace(self, tree: Any) -> None:
        """Put an odd value somewhere."""
        if place := self._place(tree):
            place[0][place[1]] = self.value()

    def remove(self, tree: Any) -> None:
        """Take something away."""
        if place := self._place(tree):
            del place[0][place[1]]

    def add(self, tree: Any) -> None:
        """Add a field that nobody knows, or one twice as a list."""
        if place := self._place(tree):
            node, key = place
            if isinstance(node, dict):
                node[self._random.choice(_ODD_KEYS)] = self.value()
            else:
                node.append(node[key])

    def wrap(self, tree: Any) -> None:
        """Put something one or many levels deeper."""
        if place := self._place(tree):
            node, key = place
            for _ in range(self._random.choice((1, 1, 2, 31, 33))):
                node[key] = self._random.choice(([node[key]], {"x": node[key]}))

    def exchange(self, tree: Any) -> None:
        """Let two places hold the same."""
        one, other = self._place(tree), self._place(tree)
        if one and other:
            # A copy: a thing inside itself cannot be written down.
            one[0][one[1]] = json.loads(json.dumps(other[0][other[1]]))

    def spoil_text(self, tree: Any) -> None:
        """Put an odd piece in the middle of a text."""
        if (place := self._place(tree)) and isinstance(place[0][place[1]], str):
            text, odd = place[0][place[1]], self.value()
            piece = odd if isinstance(odd, str) else self._random.choice(_BAD_TEXTS)
            at = self._random.randint(0, len(text))
            place[0][place[1]] = text[:at] + piece + text[at:]

    def _bytes_spoilt(self, raw: bytes) -> bytes:
        chance = self._random
        at = chance.randint(0, len(raw))
        match chance.randrange(5):
            case 0:
                return raw[:at]
            case 1:
                return raw[:at] + chance.choice(_PIECES) + raw[at:]
            case 2:
                end = min(len(raw), at + chance.randint(1, 30))
                return raw[:at] + raw[end:]
            case 3:
                return raw[:at] + raw[at : at + 60] + raw[at:]
            case _:
                spoilt = bytearray(raw)
                for _ in range(chance.randint(1, 4)):
                    spoilt[chance.randrange(len(raw))] = chance.randrange(256)
                return bytes(spoilt)


_CHANGES: Final[tuple[Callable[[Mutator, Any], None], ...]] = (
    Mutator.replace,
    Mutator.replace,
    Mutator.replace,
    Mutator.remove,
    Mutator.add,
    Mutator.wrap,
    Mutator.exchange,
    Mutator.spoil_text,
)
