"""Forgeries of the HTTP request around a good token: methods, paths, types, lengths, codings."""

import gzip
import zlib
from collections.abc import Callable, Iterator

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.letter import ABSENT, Letter, Spoil, both, change, put

_METHOD = Row("J18", Group.DELIVERY, "method")
_PATH = Row("J18", Group.DELIVERY, "path")
_UPGRADE = Row("J18", Group.DELIVERY, "upgrade")
_TYPE = Row("P01", Group.CONTENT, "type")
_CODING = Row("P02", Group.CONTENT, "coding")
_LENGTH = Row("P02", Group.CONTENT, "length")
_METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE", "post")


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    for method in _METHODS:
        yield _METHOD.one(method, change("line", _line(method, "/api/messages")))
    for name, path in _PATHS.items():
        yield _PATH.one(name, change("line", _line("POST", path)))
    yield from _upgrades()
    for name, value in _TYPES.items():
        yield _TYPE.one(name, put("http.Content-Type", value), what=f"content type {name}")
    yield _TYPE.one("two", change("more", lambda _: ((("Content-Type", b"text/plain"),))))
    for name, (coding, body) in _CODINGS.items():
        yield _CODING.one(
            name, both(put("http.Content-Encoding", coding), _bytes(body)), is_single=False
        )
    yield from _LENGTH.each(_LENGTHS, is_single=False)


def _line(method: str, path: str) -> Callable[[Letter], tuple[str, str]]:
    return lambda _: (method, path)


def _upgrades() -> Iterator[Forgery]:
    """Yield the streaming protocol of the SDKs: a websocket on the messages address."""
    for method in ("GET", "POST"):
        spoil = both(
            change("line", _line(method, "/api/messages")),
            put("http.Upgrade", "websocket"),
            put("http.Sec-WebSocket-Version", "13"),
            put("http.Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        )
        if method == "GET":
            yield _UPGRADE.one(method, both(spoil, _no_body), is_single=False)
            yield _UPGRADE.one(
                f"{method}-without-token", both(spoil, _no_body, _nobody), is_single=False
            )


def _no_body(letter: Letter) -> None:
    letter.body = b""
    letter.more = (("Connection", b"Upgrade"),)


def _nobody(letter: Letter) -> None:
    letter.authorization = ()


def _bytes(make: Callable[[bytes], bytes]) -> Spoil:
    return change("body", lambda letter: make(letter.content()))


_PATHS = {
    "slash": "/api/messages/",
    "two-slashes": "//api/messages",
    "capitals": "/API/Messages",
    "deeper": "/api/messages/x",
    "dots": "/api/x/../messages/y",
    "skills": "/api/skills/v3/conversations/a/activities",
    "connector": "/v3/conversations/a/activities",
    "root": "/",
    "probe": "/livez",
    "counters": "/metrics",
    "notify": "/api/notify",
    "encoded": "/api%2Fmessages",
}
_TYPES: dict[str, object] = {
    "absent": ABSENT,
    "empty": "",
    "plain": "text/plain",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "xml": "application/xml",
    "text-json": "text/json",
    "json-patch": "application/json-patch+json",
    "problem": "application/problem+json",
    "longer": "application/jsonx",
    "in-a-list": "text/plain, application/json",
    "html": "text/html",
    "octets": "application/octet-stream",
    "nonsense": ";;;",
}
_CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "gzip-but-plain": ("gzip", bytes),
    "brotli": ("br", bytes),
    "zstandard": ("zstd", bytes),
    "twice": ("gzip, gzip", lambda raw: gzip.compress(gzip.compress(raw))),
    "unknown": ("x-custom", bytes),
    "gzip-bomb": ("gzip", lambda _: gzip.compress(b" " * 4_000_000)),
}


def _chunked(body: bytes, coding: bytes = b"chunked") -> Spoil:
    """Send this as a chunked body."""

    def spoil(letter: Letter) -> None:
        letter.body = body
        letter.has_length = False
        letter.more = (("Transfer-Encoding", coding),)

    return spoil


def _lengths(*values: bytes) -> Spoil:
    """Send these lengths instead of the true one."""

    def spoil(letter: Letter) -> None:
        letter.has_length = False
        letter.more = tuple(("Content-Length", value) for value in values)

    return spoil


def _smuggled(letter: Letter) -> None:
    letter.body = b"0\r\n\r\n"
    letter.more = (("Transfer-Encoding", b"chunked"),)


_LENGTHS: dict[str, Spoil] = {
    "both-kinds": _smuggled,
    "more-digits-than-python-reads": _lengths(b"9" * 5_000),
    "negative": _lengths(b"-1"),
    "word": _lengths(b"many"),
    "two-different": _lengths(b"5", b"6"),
    "plus": _lengths(b"+5"),
    "zero": _lengths(b"0"),
    "too-short": _lengths(b"20"),
    "two-megabytes": _lengths(b"2097152"),
    "chunk-size-no-number": _chunked(b"zz\r\n{}\r\n0\r\n\r\n"),
    "chunk-size-huge": _chunked(b"ffffffffffffffff1\r\n{}\r\n"),
    "unknown-transfer-coding": _chunked(b"{}", b"chunked, identity"),
    "chunked-misspelt": _chunked(b"0\r\n\r\n", b"xchunked"),
}
