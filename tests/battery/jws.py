"""Tokens by hand: what a JWT library refuses to write is what a forger writes."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.fakes.signing import rsa_key

_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


@dataclass(frozen=True)
class Signature:
    """A way to sign; the name says which, for two that are equal sign equally."""

    name: str
    make: Callable[[bytes], bytes]


def segment(value: Any) -> str:
    """Return one part of a token: JSON, or bytes as they are, in base64url."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def written(header: Any, claims: Any, signature: Signature) -> str:
    """Return the token with these parts."""
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{segment(signature.make(signed.encode()))}"


def rs(name: str, bits: str = "256") -> Signature:
    """Sign as RS256 and its sisters do, with the key called `name`."""
    return Signature(
        f"RS{bits} {name}",
        lambda text: rsa_key(name).sign(text, padding.PKCS1v15(), _HASHES[bits]),
    )


def sha1(name: str) -> Signature:
    """Sign with a hash that is broken."""
    return Signature(
        f"SHA-1 {name}",
        lambda text: rsa_key(name).sign(text, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303 - that is the forgery
    )


def ps(name: str, bits: str = "256") -> Signature:
    """Sign as PS256 and its sisters do."""
    digest = _HASHES[bits]
    scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
    return Signature(f"PS{bits} {name}", lambda text: rsa_key(name).sign(text, scheme, digest))


def es256() -> Signature:
    """Sign with an elliptic key of the forger's own."""

    def make(text: bytes) -> bytes:
        r, s = decode_dss_signature(ec_key().sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return Signature("ES256", make)


def eddsa() -> Signature:
    """Sign with an Edwards key of the forger's own."""
    return Signature("EdDSA", lambda text: ed_key().sign(text))


def hs(name: str, secret: bytes, bits: str = "256") -> Signature:
    """Sign with a shared secret, which here is always something public."""
    return Signature(f"HS{bits} {name}", lambda text: hmac.digest(secret, text, f"sha{bits}"))


def constant(name: str, raw: bytes) -> Signature:
    """Put these bytes where a signature belongs."""
    return Signature(name, lambda _: raw)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return the elliptic key of this process."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    """Return the Edwards key of this process."""
    return ed25519.Ed25519PrivateKey.generate()


def public_forms(name: str) -> Mapping[str, bytes]:
    """Return the public key called `name` in every form that a confused bot might hold."""
    public = rsa_key(name).public_key()
    numbers = public.public_numbers()
    n = segment(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8))
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pkcs1 = serialization.PublicFormat.PKCS1
    jwk = {"kty": "RSA", "n": n, "e": "AQAB"}
    return {
        "PEM": public.public_bytes(pem, spki),
        "PEM without its last newline": public.public_bytes(pem, spki).rstrip(),
        "PKCS#1 PEM": public.public_bytes(pem, pkcs1),
        "DER": public.public_bytes(der, spki),
        "PKCS#1 DER": public.public_bytes(der, pkcs1),
        "JWK n": n.encode(),
        "modulus": numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8),
        "JWK": json.dumps(jwk, separators=(",", ":")).encode(),
    }


@dataclass(frozen=True)
class OddKey:
    """An RSA key of a size or exponent that no library makes; its signatures are real."""

    n: int
    e: int
    primes: tuple[int, ...]

    def signature(self, name: str) -> Signature:
        """Sign as RS256 does."""

        def make(text: bytes) -> bytes:
            length = (self.n.bit_length() + 7) // 8
            digest = hashes.Hash(hashes.SHA256())
            digest.update(text)
            tail = b"\0" + _SHA256_INFO + digest.finalize()
            padded = b"\0\1" + b"\xff" * (length - 2 - len(tail)) + tail
            return self._root(int.from_bytes(padded)).to_bytes(length)

        return Signature(name, make)

    def _root(self, number: int) -> int:
        """Return `number ** d mod n`, prime by prime: one huge power would take seconds."""
        result, product = 0, 1
        for p in self.primes:
            residue = pow(number % p, pow(self.e, -1, p - 1), p)
            result += product * ((residue - result) * pow(product, -1, p) % p)
            product *= p
        return result

    def jwk(self, kid: str) -> dict[str, Any]:
        """Return the public half as the Bot Framework would publish it."""
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": kid,
            "n": segment(self.n.to_bytes((self.n.bit_length() + 7) // 8)),
            "e": segment(self.e.to_bytes((self.e.bit_length() + 7) // 8)),
            "endorsements": ["msteams"],
        }


@cache
def odd_key(bits: int, e: int = 65537) -> OddKey:
    """Return a key of `bits`, put together from primes of 512 bits."""
    primes: list[int] = []
    while len(primes) * 512 < bits:
        numbers = rsa.generate_private_key(65537, 1024).private_numbers()  # noqa: S505 - for its primes
        primes += [p for p in (numbers.p, numbers.q) if _is_coprime(e, p - 1)]
    primes = primes[: bits // 512]
    n = 1
    for p in primes:
        n *= p
    return OddKey(n, e, tuple(primes))


def _is_coprime(a: int, b: int) -> bool:
    while b:
        a, b = b, a % b
    return a == 1


def cube_root_signature(n_bits: int) -> Signature:
    """Forge for exponent 3: a number whose cube begins like a padded hash (Bleichenbacher)."""

    def make(text: bytes) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(text)
        start = b"\0\1" + b"\xff" * 8 + b"\0" + _SHA256_INFO + digest.finalize()
        length = n_bits // 8
        wanted = int.from_bytes(start + b"\xff" * (length - len(start)))
        low, high = 0, 1 << (n_bits // 3 + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**3 <= wanted else (low, middle - 1)
        return low.to_bytes(length)

    return Signature("cube root", make)
