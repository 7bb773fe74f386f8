"""A fake of the Entra login host over https, with an authority of its own."""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from tests.fakes.ledger import Call, call_of
from tests.fakes.loopback_server import end
from tests.fakes.signing import rsa_key


@dataclass
class FakeEntraLogin:
    """Answers msal's discovery and token requests for one tenant.

    `status` other than 200 makes the token endpoint refuse; `lifetime_s` is what it grants. With
    `hang_s` it answers nothing and hangs up after so long. `ledger` holds every call, without
    what was posted: the secret is in it. `garbage` is answered at `discovery` or `token` instead.
    """

    folder: Path
    tenant_id: str
    status: int = 200
    lifetime_s: int = 3600
    requests: list[dict[str, Any]] = field(default_factory=list)
    hang_s: float = 0.0
    ledger: list[Call] = field(default_factory=list)
    garbage: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        app = web.Application()
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._discovery)
        # msal leaves the version out for a tenant called `adfs`.
        app.router.add_get("/{tenant}/.well-known/openid-configuration", self._discovery)
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self.ca_bundle = self.folder / "authority.pem"
        self.port = 0

    @property
    def authority(self) -> str:
        return f"https://127.0.0.1:{self.port}/{self.tenant_id}"

    def scope_of(self, token: str) -> str | None:
        """Return the scope for which a token was given; None for one that was not."""
        number = token.removeprefix("token-")
        if not token.startswith("token-") or not number.isdecimal():
            return None
        is_known = 1 <= int(number) <= len(self.requests)
        return str(self.requests[int(number) - 1].get("scope", "")) if is_known else None

    async def start(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._write_certificate())
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await end(self._runner)

    def _write_certificate(self) -> Path:
        key = rsa_key("entra-login")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        public = certificate.public_bytes(serialization.Encoding.PEM)
        self.ca_bundle.write_bytes(public)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        both = self.folder / "server.pem"
        both.write_bytes(private + public)
        return both

    async def _discovery(self, request: web.Request) -> web.Response:
        self.ledger.append(call_of(request, None, 200))
        if "discovery" in self.garbage:
            return web.json_response(self.garbage["discovery"])
        base = f"https://127.0.0.1:{self.port}/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        self.requests.append(dict(await request.post()))
        self.ledger.append(call_of(request, None, self.status))
        if self.hang_s:
            await asyncio.sleep(self.hang_s)
            if request.transport is not None:
                request.transport.abort()
        if self.status != 200:
            error = {"error": "unauthorized_client", "error_description": "scripted"}
            return web.json_response(error, status=self.status)
        if "token" in self.garbage:
            return web.json_response(self.garbage["token"])
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": self.lifetime_s,
                "access_token": f"token-{len(self.requests)}",
            }
        )
