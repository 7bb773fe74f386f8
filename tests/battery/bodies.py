"""Bodies that are no activity, behind a good token; nothing may come of any of them."""

import json
from collections.abc import Callable, Iterator

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.letter import ABSENT, Letter, Spoil, Value, change, put

_JSON = Row("P01", Group.BODY, "json")
_SIZE = Row("P02", Group.BODY, "size")
_FIELD = Row("P04", Group.BODY, "field")


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    yield from _JSON.each({name: _bytes(raw) for name, raw in _RAW.items()})
    yield from _JSON.each({f"text-{name}": _instead(text) for name, text in _VALUES.items()})
    yield from _JSON.each({name: _whole(make) for name, make in _WHOLE.items()})
    yield from _SIZE.each({name: _bytes(raw) for name, raw in _LARGE.items()})
    for path, values in _FIELDS.items():
        for name, value in values.items():
            field = f"activity.{path}"
            yield _FIELD.one(f"{path}-{name}", put(field, value), what=f"{field} {name}")


def _bytes(raw: bytes) -> Spoil:
    return change("body", lambda _: raw)


def _instead(text: str) -> Spoil:
    """Write this JSON text where the activity has its text."""

    def make(letter: Letter) -> bytes:
        whole = json.dumps(letter.activity)
        assert '"status"' in whole
        return whole.replace('"status"', text).encode("utf-8", "surrogatepass")

    return change("body", make)


def _whole(make: Callable[[bytes], bytes]) -> Spoil:
    return change("body", lambda letter: make(letter.content()))


_RAW = {
    "nothing": b"",
    "space": b"   ",
    "list": b"[]",
    "list-of-objects": b"[{}]",
    "number": b"5",
    "null": b"null",
    "true": b"true",
    "text": b'""',
    "empty-object": b"{}",
    "cut-off": b'{"type":"mess',
    "one-brace": b"{",
    "bad-utf8": b'{"type":"\xff\xfe"}',
    "overlong-utf8": b'{"type":"\xc0\xae"}',
    "nul-bytes": b"\0" * 64,
    "single-quotes": b"{'type':'message'}",
    "comment": b'{"type":"message"/**/}',
    "trailing-comma": b'{"type":"message",}',
    "form": b"type=message&text=status",
    "xml": b"<activity/>",
    "deep-lists": b"[" * 100_000,
    "deep-lists-closed": b"[" * 100_000 + b"]" * 100_000,
    "deep-objects": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
}
_VALUES = {
    "nan": "NaN",
    "infinity": "-Infinity",
    "huge-float": "1e999",
    "huge-integer": "9" * 6_000,
    "lone-surrogate": r'"\ud800"',
    "surrogates-turned": r'"\udc00\ud800"',
    "nul-escape": r'"sta\u0000tus"',
    "raw-control": '"sta\ntus"',
    "bad-escape": r'"\x41"',
    "hexadecimal": "0x10",
    "leading-zero": "007",
    "duplicate-field": '"status","text":"annuleer"',
    "duplicate-type": '"status","type":"invoke"',
    "duplicate-by-escape": r'"status","\u0074ext":"annuleer"',
    "depth-33": '"status","value":' + "[" * 33 + "]" * 33,
    "nul-key": r'"status","x\u0000":1',
    "number": "5",
    "list": '["status"]',
    "object": '{"status":1}',
    "boolean": "true",
}
_WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "byte-order-mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "utf-16": lambda raw: raw.decode().encode("utf-16"),
    "utf-32": lambda raw: raw.decode().encode("utf-32-le"),
    "in-a-list": lambda raw: b"[" + raw + b"]",
    "twice": lambda raw: raw + raw,
    "lines": lambda raw: raw + b"\n" + raw,
    "text-of-json": lambda raw: json.dumps(raw.decode()).encode(),
    "nul-after": lambda raw: raw + b"\0",
    "prefix-against-hijacking": lambda raw: b")]}',\n" + raw,
}
_LARGE = {
    "300-kilobytes": b" " * 300_000,
    "2-megabytes": b'{"text":"' + b"a" * 2_000_000 + b'"}',
}
_TEXTLESS: dict[str, Value] = {"number": 5, "list": [], "object": {}, "true": True}
_FIELDS: dict[str, dict[str, Value]] = {
    "type": {"absent": ABSENT, "null": None, **_TEXTLESS, "long": "message" * 50},
    "id": {**_TEXTLESS, "newline": "1\n2", "dots": ".."},
    "timestamp": {**_TEXTLESS, "long": "2" * 200},
    "localTimestamp": _TEXTLESS,
    "localTimezone": _TEXTLESS,
    "locale": _TEXTLESS,
    "textFormat": _TEXTLESS,
    "replyToId": {**_TEXTLESS, "dots": "..", "newline": "1\r\nx: y"},
    "name": {"number": 5, "list": [], "long": "n" * 500},
    "entities": {"object": {}, "text": "mention", "of-texts": ["mention"], "of-lists": [[]]},
    "attachments": {"object": {}, "text": "x", "of-numbers": [5], "many": [{}] * 500},
    "membersAdded": {"object": {}, "of-texts": ["28:a"], "without-id": [{}]},
    "membersRemoved": {"text": "x", "of-nulls": [None]},
    "channelData": {"number": 5, "true": True},
    "reactionsAdded": {"object": {}, "of-texts": ["like"]},
    "listenFor": {"text": "x", "of-numbers": [5]},
    "historyDisclosed": {"text": "true", "number": 1},
    "importance": _TEXTLESS,
    "summary": _TEXTLESS,
    "code": _TEXTLESS,
}
