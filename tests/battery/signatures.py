"""Forgeries of the algorithm, of the key and of the members that name a key."""

from collections.abc import Iterator
from typing import Any

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.jws import (
    Signature,
    constant,
    cube_root_signature,
    ec_key,
    eddsa,
    es256,
    hs,
    odd_key,
    ps,
    public_forms,
    rs,
    segment,
    sha1,
)
from tests.battery.letter import ABSENT, GENUINE, Ground, Spoil, both, change, put
from tests.fakes.signing import jwk, rsa_key

_ALG = Row("J03", Group.ALGORITHM, "alg")
_KEY = Row("J04", Group.KEY, "key")
_MEMBER = Row("J04", Group.KEY, "header")
_KID = Row("J04", Group.KEY, "kid")
_STRANGER = "stranger"
_EVIL_KEYS = "https://keys.evil.example/keys"
_HUGE_EXPONENT = 2**64 + 13


def publish_unfit(ground: Ground) -> None:
    """Let the channel announce keys that nobody should take: call it before the bot starts."""
    published = ground.signer.extra_jwks
    stranger = rsa_key(_STRANGER)
    published += [
        jwk("small", rsa_key("small", 1024)),
        odd_key(8192).jwk("large"),
        odd_key(2048, _HUGE_EXPONENT).jwk("exponent"),
        odd_key(2048, 3).jwk("cube"),
        jwk("unendorsed", stranger, ()),
        jwk("for-slack", stranger, ("slack", "webchat", "emulator")),
        jwk("for-teams-in-capitals", stranger, ("MSTEAMS",)),
        jwk("for-nearly-teams", stranger, ("msteams ", " msteams", "ms-teams", "msteamsx")),
        {**jwk("endorsed-by-text", stranger), "endorsements": "msteams"},
        {**jwk("endorsed-by-object", stranger), "endorsements": {"msteams": True}},
        {**jwk("encryption", stranger), "use": "enc"},
        {"kty": "oct", "use": "sig", "kid": "shared", "k": segment(b"s" * 32)},
        _elliptic("elliptic"),
    ]


def _elliptic(kid: str) -> dict[str, Any]:
    numbers = ec_key().public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "use": "sig",
        "kid": kid,
        "x": segment(numbers.x.to_bytes(32)),
        "y": segment(numbers.y.to_bytes(32)),
        "endorsements": ["msteams"],
    }


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    yield from _algorithms()
    yield from _confusions()
    yield from _keys()
    yield from _members()
    for name, value in _KIDS.items():
        yield _KID.one(name, _by_stranger(kid=value), is_single=False)
    for number in range(10):
        yield _KID.one(f"random-{number}", _random_kid, is_single=False)


def _signed(alg: object, signature: Signature, **members: object) -> Spoil:
    """Write this algorithm and other members in the header and sign in this way."""
    spoils = [put(f"header.{name}", value) for name, value in members.items()]
    return both(put("header.alg", alg), change("signature", lambda _: signature), *spoils)


def _by_stranger(**members: object) -> Spoil:
    return _signed("RS256", rs(_STRANGER), **members)


def _random_kid(letter: Any) -> None:
    _by_stranger(kid=letter.ground.random.randbytes(16).hex())(letter)


def _algorithms() -> Iterator[Forgery]:
    unsigned = constant("none", b"")
    for name, alg in {
        "none": "none",
        "None": "None",
        "NONE": "NONE",
        "nOnE": "nOnE",
        "empty": "",
    }.items():
        yield _ALG.one(f"{name}-unsigned", _signed(alg, unsigned), is_single=False)
        yield _ALG.one(f"{name}-with-a-signature", put("header.alg", alg))
    odd: dict[str, object] = {
        "absent": ABSENT,
        "null": None,
        "number": 256,
        "list": ["RS256"],
        "object": {"RS256": True},
        "lower-case": "rs256",
        "space": "RS256 ",
        "newline": "RS256\n",
        "nul": "RS256\u0000",
        "hs256-unchanged": "HS256",
        "direct": "dir",
        "key-wrap": "RSA-OAEP",
        "long": "RS256" * 200,
    }
    for name, value in odd.items():
        yield _ALG.one(name, put("header.alg", value))
    for alg, signature in {
        "RS384": rs(GENUINE, "384"),
        "RS512": rs(GENUINE, "512"),
        "PS256": ps(GENUINE),
        "PS384": ps(GENUINE, "384"),
        "PS512": ps(GENUINE, "512"),
        "ES256": es256(),
        "ES384": constant("ECDSA of zeros", b"\0" * 96),
        "EdDSA": eddsa(),
        "RS1": sha1(GENUINE),
    }.items():
        yield _ALG.one(alg, _signed(alg, signature), is_single=False)
        yield _ALG.one(f"{alg}-called-RS256", change("signature", _always(signature)))
    yield _ALG.one(
        "ES256-of-zeros", _signed("ES256", constant("zeros", b"\0" * 64)), is_single=False
    )
    yield _ALG.one("ES256-published", _signed("ES256", es256(), kid="elliptic"), is_single=False)


def _always(signature: Signature) -> Any:
    return lambda _: signature


def _confusions() -> Iterator[Forgery]:
    """Yield HMACs whose secret is public: the classic confusion of keys."""
    secrets = {
        **public_forms(GENUINE),
        "nothing": b"",
        "key id": GENUINE.encode(),
        "secret": b"secret",
    }
    for name, secret in secrets.items():
        for bits in ("256", "384", "512"):
            spoil = _signed(f"HS{bits}", hs(name, secret, bits))
            yield _ALG.one(f"HS{bits}-{name}", spoil, is_single=False)
    spoil = _signed("HS256", hs("published", b"s" * 32), kid="shared")
    yield _ALG.one("HS256-published", spoil, is_single=False)


def _keys() -> Iterator[Forgery]:
    for name, signature in {
        "stranger": rs(_STRANGER),
        "of-zeros": constant("zeros", b"\0" * 256),
        "of-ones": constant("ones", b"\xff" * 256),
        "one": constant("one", b"\0" * 255 + b"\1"),
        "one-byte": constant("byte", b"\1"),
        "too-long": constant("long", b"\1" * 512),
    }.items():
        yield _KEY.one(name, change("signature", _always(signature)))
    unendorsed = Row("J09", Group.CHANNEL, "endorsement")
    for kid in (
        "unendorsed",
        "for-slack",
        "for-teams-in-capitals",
        "for-nearly-teams",
        "endorsed-by-text",
        "endorsed-by-object",
    ):
        yield unendorsed.one(kid, _by_stranger(kid=kid), is_single=False)
    for kid, signature in {
        "small": rs("small"),
        "large": odd_key(8192).signature("large"),
        "exponent": odd_key(2048, _HUGE_EXPONENT).signature("exponent"),
        "cube": cube_root_signature(2048),
        "encryption": rs(_STRANGER),
    }.items():
        yield _KEY.one(f"published-{kid}", _signed("RS256", signature, kid=kid), is_single=False)


def _members() -> Iterator[Forgery]:
    """Yield tokens of a stranger that bring their key along, under a known and a new id."""
    own_key = jwk(GENUINE, rsa_key(_STRANGER))
    for name, value in {
        "jwk": own_key,
        "jku": _EVIL_KEYS,
        "x5u": _EVIL_KEYS,
        "x5c": ["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"],
        "x5t": segment(b"t" * 20),
        "x5t#S256": segment(b"t" * 32),
        "keys": [own_key],
        "epk": own_key,
        "iss": "https://api.botframework.com",
        "zip": "DEF",
        "cty": "JWT",
        "enc": "A128GCM",
    }.items():
        yield _MEMBER.one(name, _by_stranger(**{name: value}), is_single=False)
        yield _MEMBER.one(
            f"{name}-new-key-id", _by_stranger(**{name: value, "kid": "new"}), is_single=False
        )
    for name, value in {
        "exp": ["exp"],
        "b64": ["b64"],
        "unknown": ["x-unknown"],
        "empty": [],
        "text": "exp",
        "none": None,
    }.items():
        yield _MEMBER.one(f"crit-{name}", put("header.crit", value))
    yield _MEMBER.one(
        "b64-false",
        both(put("header.b64", value=False), put("header.crit", ["b64"])),
        is_single=False,
    )


_KIDS: dict[str, object] = {
    "path": "../../../../../../dev/null",
    "absolute-path": "/dev/null",
    "file": "file:///etc/passwd",
    "address": f"{_EVIL_KEYS}#k1",
    "sql": "k1' or '1'='1",
    "sql-union": "x' union select 'secret' --",
    "command": "k1|id",
    "list": [GENUINE],
    "object": {"k1": True},
    "number": 1,
    "true": True,
    "null": None,
    "absent": ABSENT,
    "empty": "",
    "padded": " k1 ",
    "capital": "K1",
    "nul": "k1\u0000",
    "newline": "k1\n",
    "fullwidth": "\uff4b1",
    "huge": "k" * 5_000,
    "format": "%s%n{0}",
    "prototype": "__proto__",
}
