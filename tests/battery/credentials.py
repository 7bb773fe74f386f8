"""Forgeries of the Authorization header and of the token as a text."""

import base64
from collections.abc import Callable, Iterator

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.letter import Letter, Spoil, change

_MISSING = Row("J01", Group.CREDENTIALS, "authorization")
_GARBAGE = Row("J02", Group.CREDENTIALS, "token")
_TAMPERED = Row("J04", Group.KEY, "tampered")


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    yield from _MISSING.each({name: _shown(*values) for name, values in _HEADERS.items()})
    yield from _MISSING.each(_ELSEWHERE, is_single=False)
    yield from _GARBAGE.each({name: _token(text) for name, text in _TEXTS.items()})
    yield from _GARBAGE.each({name: _reshaped(make) for name, make in _RESHAPED.items()})
    yield from _GARBAGE.each({name: _shown(value) for name, value in _RAW.items()})
    for part, places in (("header", 6), ("payload", 10), ("signature", 10)):
        for place in range(places):
            yield _TAMPERED.one(f"{part}-bit-{place}", _flipped(part, place / places))


def _shown(*values: bytes) -> Spoil:
    """Send these Authorization headers; `{token}` stands for a good token."""

    def spoil(letter: Letter) -> None:
        token = letter.good_token.encode()
        letter.authorization = tuple(value.replace(b"{token}", token) for value in values)

    return spoil


def _token(text: str) -> Spoil:
    return change("token", lambda _: text)


def _reshaped(make: Callable[[str], str]) -> Spoil:
    return change("token", lambda letter: make(letter.good_token))


def _flipped(part: str, place: float) -> Spoil:
    """Flip one bit of the bytes behind one part of the token; chance says which."""

    def make(letter: Letter) -> str:
        parts = letter.good_token.split(".")
        index = ("header", "payload", "signature").index(part)
        raw = bytearray(base64.urlsafe_b64decode(parts[index] + "=="))
        width = max(1, len(raw) // 10)
        at = min(len(raw) - 1, int(place * len(raw)) + letter.ground.random.randrange(width))
        raw[at] ^= 1 << letter.ground.random.randrange(8)
        parts[index] = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return ".".join(parts)

    return change("token", make)


def _elsewhere(header: str, value: str = "Bearer {token}") -> Spoil:
    """Send no Authorization but another header, of which some servers make one."""

    def spoil(letter: Letter) -> None:
        letter.authorization = ()
        letter.http[header] = value.replace("{token}", letter.good_token)

    return spoil


def _query(letter: Letter) -> None:
    letter.authorization = ()
    letter.line = ("POST", f"/api/messages?access_token={letter.good_token}")


_HEADERS: dict[str, tuple[bytes, ...]] = {
    "absent": (),
    "empty": (b"",),
    "scheme-only": (b"Bearer",),
    "basic": (b"Basic YXBwOnNlY3JldA==",),
    "lower-case-scheme": (b"bearer {token}",),
    "upper-case-scheme": (b"BEARER {token}",),
    "mixed-case-scheme": (b"BeArEr {token}",),
    "no-scheme": (b"{token}",),
    "two-spaces": (b"Bearer  {token}",),
    "tab": (b"Bearer\t{token}",),
    "no-space": (b"Bearer{token}",),
    "more-after-it": (b"Bearer {token} x",),
    "list": (b"Bearer {token}, Bearer {token}",),
    "basic-first": (b"Basic YTpi, Bearer {token}",),
    "quoted": (b'Bearer "{token}"',),
    "scheme-token": (b"Token {token}",),
    "scheme-jwt": (b"JWT {token}",),
    "scheme-negotiate": (b"Negotiate {token}",),
    "scheme-dpop": (b"DPoP {token}",),
    "colon": (b"Bearer: {token}",),
    "equals": (b"Bearer={token}",),
    "named": (b"Bearer token={token}",),
    "null": (b"Bearer null",),
    "undefined": (b"Bearer undefined",),
    "twice-good": (b"Bearer {token}", b"Bearer {token}"),
    "good-then-empty": (b"Bearer {token}", b""),
    "bad-then-good": (b"Bearer a.b.c", b"Bearer {token}"),
    "good-then-basic": (b"Bearer {token}", b"Basic YTpi"),
}
_ELSEWHERE: dict[str, Spoil] = {
    name.lower(): _elsewhere(name)
    for name in (
        "Proxy-Authorization",
        "X-Authorization",
        "X-Forwarded-Authorization",
        "X-Original-Authorization",
        "X-Ms-Token-Aad-Access-Token",
    )
} | {
    "x-forwarded-for": _elsewhere("X-Forwarded-For", "127.0.0.1"),
    "forwarded": _elsewhere("Forwarded", "for=127.0.0.1;proto=https"),
    "client-principal": _elsewhere("X-Ms-Client-Principal-Id", "28:bot"),
    "client-certificate": _elsewhere("X-Arr-ClientCert", "MIIB"),
    "cookie": _elsewhere("Cookie", "Authorization=Bearer {token}"),
    "playground": _elsewhere("X-Ms-Agents-Playground", "true"),
    "query": _query,
}
_TEXTS = {
    "empty": "",
    "word": "garbage",
    "two-parts": "eyJhbGciOiJSUzI1NiJ9.e30",
    "four-parts": "eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA",
    "five-parts": "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA",
    "three-letters": "a.b.c",
    "dots": "..",
    "many-dots": "." * 500,
    "header-only": "eyJhbGciOiJSUzI1NiJ9..",
    "no-base64": "!.!.!",
    "9-kilobytes": "a" * 9_000,
    "12-kilobytes-in-parts": f"{'a' * 4_000}.{'b' * 4_000}.{'c' * 4_000}",
    "inner-space": "eyJ hbGciOiJSUzI1NiJ9.e30.AAAA",
    "percent": "eyJhbGciOiJSUzI1NiJ9%2Ee30%2EAAAA",
    "deep-header": f"{'W1tb' * 1_200}.e30.AAAA",
    "list-header": "W10.e30.AAAA",
    "number-header": "NQ.e30.AAAA",
    "bad-utf8-header": "_w.e30.AAAA",
    "duplicate-members": "eyJhbGciOiJub25lIiwiYWxnIjoiUlMyNTYifQ.e30.AAAA",
}
_RESHAPED: dict[str, Callable[[str], str]] = {
    "last-letter-missing": lambda token: token[:-1],
    "half": lambda token: token[: len(token) // 2],
    "one-letter-more": lambda token: f"{token}A",
    "padded": lambda token: f"{token}==",
    "reversed": lambda token: token[::-1],
    "upper-case": lambda token: token.upper(),
    "parts-turned": lambda token: ".".join(reversed(token.split("."))),
    "signature-missing": lambda token: token.rpartition(".")[0] + ".",
    "signature-and-dot-missing": lambda token: token.rpartition(".")[0],
    "header-missing": lambda token: token[token.index(".") :],
    "payload-missing": lambda token: "{0}..{2}".format(*token.split(".")),
    "prefixed-again": lambda token: f"Bearer {token}",
    "percent-encoded": lambda token: token.replace(".", "%2E"),
    "fullwidth-dot": lambda token: token.replace(".", "\uff0e"),
    "zero-width": lambda token: token.replace(".", "\u200b.", 1),
    "no-break-space": lambda token: f"\u00a0{token}",
}
_RAW = {
    "latin-1": b"Bearer \xe9.\xe9.\xe9",
    "high-bytes": b"Bearer \xff\xfe\xff.\xff.\xff",
    "nul": b"Bearer {token}\x00",
    "escape": b"Bearer \x1b[31m{token}",
    "injected-header": b"Bearer x\r\nX-Injected: {token}",
    "20-kilobytes": b"Bearer " + b"a" * 20_000,
}
