"""A fake of the signing side of the Bot Framework: own keys, OpenID metadata, JWKS."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from mutations.clock import Clock
from tests.fakes.ledger import Call, call_of
from tests.fakes.loopback_server import LoopbackServer

ISSUER = "https://api.botframework.com"
METADATA_PATH = "/v1/.well-known/openidconfiguration"
KEYS_PATH = "/v1/.well-known/keys"


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the private key called `name`: made once in a process, making one is slow."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwk(kid: str, private: rsa.RSAPrivateKey, endorsements: tuple[str, ...] = ("msteams",)) -> Any:
    """Return the public half as the Bot Framework publishes it."""
    numbers = private.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "n": _base64url(numbers.n),
        "e": _base64url(numbers.e),
        "endorsements": list(endorsements),
    }


@dataclass
class FakeBotFramework:
    """Publishes keys and signs tokens with them; `ledger` holds every reading.

    Attributes:
        fault: Makes both documents fail: `hang`, `error`, `html`, `empty` or `redirect`; or the
            keys alone: `no_kid`, `other_kids`, and `wrong` for other keys under the same names.
        hang_s: How long `hang` keeps an answer back.
        origin: Address of the server, known once it serves.
    """

    clock: Clock
    app_id: str
    fault: str = ""
    endorsements: tuple[str, ...] = ("msteams",)
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"k1": rsa_key("k1")})
    current_kid: str = "k1"
    extra_jwks: list[dict[str, Any]] = field(default_factory=list)
    jwks_reads: int = 0
    hang_s: float = 60.0
    ledger: list[Call] = field(default_factory=list)
    origin: str = ""

    def __post_init__(self) -> None:
        app = web.Application()
        self.mount(app.router)
        self._server = LoopbackServer(app)

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add the two documents to a server."""
        router.add_get(METADATA_PATH, self._metadata)
        router.add_get(KEYS_PATH, self._jwks)

    @property
    def metadata_url(self) -> str:
        return f"{self.origin}{METADATA_PATH}"

    async def start(self, port: int = 0) -> None:
        await self._server.start(port)
        self.origin = self._server.origin

    async def stop(self) -> None:
        await self._server.stop()

    def rotate(self, kid: str, *, keep_old: bool = False) -> None:
        """Sign with a new key from now on."""
        if not keep_old:
            self.keys.clear()
        self.keys[kid] = rsa_key(kid)
        self.current_kid = kid

    def claims(self, service_url: str, **changes: Any) -> dict[str, Any]:
        """Return the claims of the real channel, changed; None takes a claim away."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": self.app_id,
            "serviceurl": service_url,
            "nbf": now - 5,
            "exp": now + 3600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(
        self,
        claims: Mapping[str, Any],
        *,
        kid: str | None = None,
        key: Any = None,
        algorithm: str = "RS256",
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """Return a signed token; the claims may be any JSON, also what no token should hold."""
        kid = self.current_kid if kid is None else kid
        return jwt.PyJWS().encode(
            json.dumps(claims).encode(),
            self.keys.get(kid, rsa_key("stranger")) if key is None else key,
            algorithm=algorithm,
            headers={"kid": kid, **(headers or {})},
        )

    def token(self, service_url: str, **changes: Any) -> str:
        """Return the token the channel would send for this service URL."""
        return self.sign(self.claims(service_url, **changes))

    async def _metadata(self, request: web.Request) -> web.Response:
        document = {
            "issuer": ISSUER,
            "jwks_uri": f"{self.origin}{KEYS_PATH}",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return await self._answer(request, document)

    async def _jwks(self, request: web.Request) -> web.Response:
        self.jwks_reads += 1
        return await self._answer(request, {"keys": [*self.extra_jwks, *self._published()]})

    def _published(self) -> list[dict[str, Any]]:
        match self.fault:
            case "wrong":
                shown = {kid: rsa_key("wrong") for kid in self.keys}
            case "other_kids":
                shown = {f"other-{kid}": key for kid, key in self.keys.items()}
            case _:
                shown = self.keys
        entries = [jwk(kid, key, self.endorsements) for kid, key in shown.items()]
        if self.fault == "no_kid":
            for entry in entries:
                del entry["kid"]
        return entries

    async def _answer(self, request: web.Request, document: dict[str, Any]) -> web.Response:
        answer = self._faulty(document)
        self.ledger.append(call_of(request, None, 0 if answer is None else answer.status))
        if answer is None:
            await asyncio.sleep(self.hang_s)
            return web.json_response(document)
        return answer

    def _faulty(self, document: dict[str, Any]) -> web.Response | None:
        match self.fault:
            case "hang":
                return None
            case "error":
                return web.Response(status=500)
            case "html":
                return web.Response(text="<html>", content_type="text/html")
            case "empty":
                return web.json_response({**document, "keys": []})
            case "redirect":
                return web.Response(status=302, headers={"Location": "https://example.com/"})
        return web.json_response(document)
