"""Who may not speak, over real HTTP with authentication on: exact status, nothing reached."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.edge.refusal import Reason
from tests.fakes.signing import rsa_key
from tests.unit.edge.conftest import ANN, APP_ID, TENANT_ID, Edge

EVIL = "http://evil.example"
EMULATOR_ISSUERS = [
    "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/",
    "https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0",
    "https://sts.windows.net/f8cdef31-a31e-4b4a-93e4-5f571e91255a/",
    "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a/v2.0",
    "https://sts.windows.net/69e9b82d-4842-4902-8d1e-abc5b98a55e8/",
]


@dataclass
class Request:
    """One request a case may spoil."""

    edge: Edge
    activity: dict[str, Any]
    claims: dict[str, Any]
    token: str | None = None
    body: bytes | None = None

    def part(self, *path: str) -> dict[str, Any]:
        part = self.activity
        for name in path:
            part = part[name]
        return part

    def headers(self) -> dict[str, str]:
        token = self.edge.signer.sign(self.claims) if self.token is None else self.token
        return {"Authorization": f"Bearer {token}"}


Spoil = Callable[[Request], Any]


async def _refused(edge: Edge, spoil: Spoil, status: int, reason: Reason) -> None:
    client = edge.client()
    claims = edge.signer.claims(edge.connector.url)
    request = Request(edge, client.activity(type="message", text="status"), claims)
    spoil(request)
    body = request.activity if request.body is None else request.body
    headers = {"Content-Type": "application/json", **request.headers()}

    answer = await client.post_raw(body, headers)

    assert answer.status == status
    assert answer.body == ""
    assert edge.count("refusals", reason=reason) == 1
    assert edge.conversation.heard == []
    assert edge.connector.ledger == []
    # Success and refusal share their setup: the same request unspoilt is welcome.
    assert len(await edge.client().say("status")) == 1


def claim(name: str, value: Any) -> Spoil:
    """Spoil one claim; None takes it away."""

    def spoil(request: Request) -> None:
        request.claims[name] = value
        if value is None:
            del request.claims[name]

    return spoil


def shifted(name: str, minutes: float) -> Spoil:
    """Put a moment in the token at so many minutes from now."""

    def spoil(request: Request) -> None:
        request.claims[name] = int(request.edge.clock.now().timestamp() + minutes * 60)

    return spoil


def field(path: str, value: Any) -> Spoil:
    """Spoil one field of the activity, `a.b.c`; None takes it away."""

    def spoil(request: Request) -> None:
        *parents, name = path.split(".")
        part = request.part(*parents)
        part[name] = value
        if value is None:
            del part[name]

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Spoil in several ways at once."""
    return lambda request: [spoil(request) for spoil in spoils]


def token(text: str) -> Spoil:
    """Bring this instead of a token."""
    return lambda request: setattr(request, "token", text)


def signed(**options: Any) -> Spoil:
    """Sign the good claims in another way."""

    def spoil(request: Request) -> None:
        request.token = request.edge.signer.sign(request.claims, **options)

    return spoil


def body(raw: bytes) -> Spoil:
    """Send these bytes instead of the activity."""
    return lambda request: setattr(request, "body", raw)


def replaced(old: str, new: str) -> Spoil:
    """Send the activity with one piece of its JSON text replaced."""

    def spoil(request: Request) -> None:
        text = json.dumps(request.activity)
        assert old in text
        request.body = text.replace(old, new).encode()

    return spoil


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(request: Request) -> None:
    """Sign with no algorithm at all."""
    request.token = f"{_segment({'alg': 'none', 'kid': 'k1'})}.{_segment(request.claims)}.AAAA"


def confused(request: Request) -> None:
    """Sign with the public key as an HMAC secret; by hand, for PyJWT refuses to."""
    pem = (
        rsa_key("k1")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = f"{_segment({'alg': 'HS256', 'kid': 'k1'})}.{_segment(request.claims)}"
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(hmac.sign(head.encode(), pem)).rstrip(b"=").decode()
    request.token = f"{head}.{signature}"


def tampered(request: Request) -> None:
    """Change the claims behind a good signature."""
    head, _, signature = request.edge.signer.sign(request.claims).split(".")
    request.token = f"{head}.{_segment({**request.claims, 'x': 1})}.{signature}"


def header(value: Any) -> Spoil:
    """Bring a token with this header and no good signature."""
    return lambda request: setattr(
        request, "token", f"{_segment(value)}.{_segment(request.claims)}.AAAA"
    )


def raw_header(text: str) -> Spoil:
    segment = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return lambda request: setattr(request, "token", f"{segment}.e30.AAAA")


TOKENS = {
    "empty": (token(""), 401, Reason.CREDENTIALS_MISSING),
    "garbage": (token("garbage"), 401, Reason.TOKEN_MALFORMED),
    "two-parts": (token("a.b"), 401, Reason.TOKEN_MALFORMED),
    "four-parts": (token("a.b.c.d"), 401, Reason.TOKEN_MALFORMED),
    "no-base64": (token("!.!.!"), 401, Reason.TOKEN_MALFORMED),
    "three-letters": (token("a.b.c"), 401, Reason.TOKEN_MALFORMED),
    "unsigned-by-the-book": (token("eyJhbGciOiJub25lIn0.e30."), 401, Reason.TOKEN_MALFORMED),
    "8-kilobytes": (token("a" * 9000), 401, Reason.TOKEN_MALFORMED),
    "not-ascii": (token("é.é.é"), 401, Reason.TOKEN_MALFORMED),
    "inner-space": (token("a b.c.d"), 401, Reason.TOKEN_MALFORMED),
    "deep-header": (raw_header("[" * 5000), 401, Reason.TOKEN_MALFORMED),
    "list-header": (header([]), 401, Reason.TOKEN_MALFORMED),
    "number-kid": (header({"alg": "RS256", "kid": 5}), 401, Reason.TOKEN_MALFORMED),
    "critical-header": (
        header({"alg": "RS256", "kid": "k1", "crit": ["x"]}),
        401,
        Reason.TOKEN_MALFORMED,
    ),
    "alg-none": (unsigned, 403, Reason.ALGORITHM),
    "alg-missing": (header({"kid": "k1"}), 403, Reason.ALGORITHM),
    "alg-confusion": (confused, 403, Reason.ALGORITHM),
    "alg-hs256": (signed(algorithm="HS256", key="s" * 32), 403, Reason.ALGORITHM),
    "alg-rs384": (signed(algorithm="RS384"), 403, Reason.ALGORITHM),
    "alg-ps256": (signed(algorithm="PS256"), 403, Reason.ALGORITHM),
    "alg-es256": (
        signed(algorithm="ES256", key=ec.generate_private_key(ec.SECP256R1())),
        403,
        Reason.ALGORITHM,
    ),
    "no-kid": (header({"alg": "RS256"}), 403, Reason.UNKNOWN_KEY),
    "unknown-kid": (signed(kid="stranger"), 403, Reason.UNKNOWN_KEY),
    "other-key-same-kid": (signed(key=rsa_key("stranger")), 403, Reason.SIGNATURE),
    "no-signature": (header({"alg": "RS256", "kid": "k1"}), 403, Reason.SIGNATURE),
    "detached": (
        header({"alg": "RS256", "kid": "k1", "b64": False, "crit": ["b64"]}),
        401,
        Reason.TOKEN_MALFORMED,
    ),
    "tampered": (tampered, 403, Reason.SIGNATURE),
}
CLAIMS = {
    "iss-missing": (claim("iss", None), 403, Reason.ISSUER),
    "iss-other": (claim("iss", "https://evil.example"), 403, Reason.ISSUER),
    "iss-list": (claim("iss", ["https://api.botframework.com"]), 403, Reason.ISSUER),
    "iss-slash": (claim("iss", "https://api.botframework.com/"), 403, Reason.ISSUER),
    "iss-case": (claim("iss", "https://API.botframework.com"), 403, Reason.ISSUER),
    "iss-government": (claim("iss", "https://api.botframework.us"), 403, Reason.ISSUER),
    **{
        f"iss-emulator-{number}": (claim("iss", issuer), 403, Reason.ISSUER)
        for number, issuer in enumerate(EMULATOR_ISSUERS)
    },
    "own-outbound-token": (
        both(
            claim("iss", f"https://sts.windows.net/{TENANT_ID}/"),
            claim("aud", "https://api.botframework.com"),
            claim("appid", APP_ID),
        ),
        403,
        Reason.ISSUER,
    ),
    "aud-missing": (claim("aud", None), 403, Reason.AUDIENCE),
    "aud-other": (claim("aud", ANN.object_id), 403, Reason.AUDIENCE),
    "aud-list": (claim("aud", [APP_ID]), 403, Reason.AUDIENCE),
    "aud-botframework": (claim("aud", "https://api.botframework.com"), 403, Reason.AUDIENCE),
    "aud-padded": (claim("aud", f"{APP_ID} "), 403, Reason.AUDIENCE),
    "skill-appid": (claim("appid", ANN.object_id), 403, Reason.FOREIGN_CALLER),
    "skill-azp": (claim("azp", ANN.object_id), 403, Reason.FOREIGN_CALLER),
    "anonymous-skill": (claim("appid", "AnonymousSkill"), 403, Reason.FOREIGN_CALLER),
    "exp-missing": (claim("exp", None), 403, Reason.LIFETIME),
    "exp-text": (claim("exp", "9999999999"), 403, Reason.LIFETIME),
    "exp-true": (claim("exp", value=True), 403, Reason.LIFETIME),
    "exp-6-minutes-ago": (shifted("exp", -6), 403, Reason.LIFETIME),
    "exp-5-minutes-ago": (shifted("exp", -5), 403, Reason.LIFETIME),
    "nbf-missing": (claim("nbf", None), 403, Reason.LIFETIME),
    "nbf-list": (claim("nbf", [0]), 403, Reason.LIFETIME),
    "nbf-in-6-minutes": (shifted("nbf", 6), 403, Reason.LIFETIME),
    "serviceurl-missing": (claim("serviceurl", None), 403, Reason.SERVICE_URL),
    "serviceurl-other-host": (claim("serviceurl", EVIL), 403, Reason.SERVICE_URL),
    "serviceurl-list": (claim("serviceurl", [EVIL]), 403, Reason.SERVICE_URL),
    "serviceurl-other-path": (claim("serviceurl", "http://127.0.0.1"), 403, Reason.SERVICE_URL),
}
ACTIVITIES = {
    "url-missing": (field("serviceUrl", None), 403, Reason.SERVICE_URL),
    "both-urls-missing": (
        both(field("serviceUrl", None), claim("serviceurl", None)),
        403,
        Reason.SERVICE_URL,
    ),
    "url-other": (field("serviceUrl", EVIL), 403, Reason.SERVICE_URL),
    "both-urls-evil": (
        both(field("serviceUrl", EVIL), claim("serviceurl", EVIL)),
        403,
        Reason.SERVICE_URL,
    ),
    "both-urls-with-user": (
        both(
            field("serviceUrl", "http://127.0.0.1@evil.example"),
            claim("serviceurl", "http://127.0.0.1@evil.example"),
        ),
        403,
        Reason.SERVICE_URL,
    ),
    "channel-missing": (field("channelId", None), 403, Reason.CHANNEL),
    "channel-slack": (field("channelId", "slack"), 403, Reason.CHANNEL),
    "channel-emulator": (field("channelId", "emulator"), 403, Reason.CHANNEL),
    "channel-case": (field("channelId", "MSTeams"), 403, Reason.CHANNEL),
    "tenant-other": (field("channelData.tenant.id", ANN.object_id), 403, Reason.TENANT),
    "tenant-missing": (field("channelData.tenant", None), 403, Reason.TENANT),
    "channel-data-missing": (field("channelData", None), 403, Reason.TENANT),
    "conversation-tenant-other": (
        field("conversation.tenantId", ANN.object_id),
        403,
        Reason.TENANT,
    ),
    "tenant-only-in-conversation": (field("channelData", {}), 403, Reason.TENANT),
    "person-missing": (field("from.aadObjectId", None), 403, Reason.SENDER),
    "person-no-guid": (field("from.aadObjectId", "ann"), 403, Reason.SENDER),
    "person-guid-and-more": (
        field("from.aadObjectId", f"{ANN.object_id}\n"),
        403,
        Reason.SENDER,
    ),
    "sender-is-a-bot": (field("from.id", "28:other"), 403, Reason.SENDER),
    "sender-role-bot": (field("from.role", "bot"), 403, Reason.SENDER),
    "sender-role-skill": (field("from.role", "Skill"), 403, Reason.SENDER),
    "recipient-other-bot": (field("recipient.id", "28:other"), 403, Reason.RECIPIENT),
    "recipient-person": (field("recipient.id", APP_ID), 403, Reason.RECIPIENT),
    "type-missing": (field("type", None), 400, Reason.BODY_FIELDS),
    "type-list": (field("type", ["message"]), 400, Reason.BODY_FIELDS),
    "from-missing": (field("from", None), 400, Reason.BODY_FIELDS),
    "from-text": (field("from", "29:ann"), 400, Reason.BODY_FIELDS),
    "from-id-missing": (field("from.id", None), 400, Reason.BODY_FIELDS),
    "from-id-number": (field("from.id", 5), 400, Reason.BODY_FIELDS),
    "from-name-object": (field("from.name", {}), 400, Reason.BODY_FIELDS),
    "from-name-10k": (field("from.name", "x" * 10_000), 400, Reason.BODY_FIELDS),
    "conversation-missing": (field("conversation", None), 400, Reason.BODY_FIELDS),
    "conversation-id-missing": (field("conversation.id", None), 400, Reason.BODY_FIELDS),
    "conversation-group-text": (field("conversation.isGroup", "no"), 400, Reason.BODY_FIELDS),
    "recipient-missing": (field("recipient", None), 400, Reason.BODY_FIELDS),
    "text-number": (field("text", 5), 400, Reason.BODY_FIELDS),
    "tenant-text": (field("channelData.tenant", "x"), 400, Reason.BODY_FIELDS),
    "channel-data-list": (field("channelData", []), 400, Reason.BODY_FIELDS),
    "entities-object": (field("entities", {}), 400, Reason.BODY_FIELDS),
    "entity-text": (field("entities", ["mention"]), 400, Reason.BODY_FIELDS),
    "mention-of-text": (
        field("entities", [{"type": "mention", "mentioned": "x"}]),
        400,
        Reason.BODY_FIELDS,
    ),
    "attachments-text": (field("attachments", "x"), 400, Reason.BODY_FIELDS),
    "attachment-number": (field("attachments", [5]), 400, Reason.BODY_FIELDS),
    "members-text": (field("membersAdded", ["x"]), 400, Reason.BODY_FIELDS),
    "timestamp-number": (field("timestamp", 5), 400, Reason.BODY_FIELDS),
    "timestamp-long": (field("timestamp", "2" * 200), 400, Reason.BODY_FIELDS),
    "url-number": (field("serviceUrl", 5), 400, Reason.BODY_FIELDS),
}
BODIES = {
    "nothing": (body(b""), 400, Reason.BODY_JSON),
    "list": (body(b"[]"), 400, Reason.BODY_JSON),
    "number": (body(b"5"), 400, Reason.BODY_JSON),
    "null": (body(b"null"), 400, Reason.BODY_JSON),
    "text": (body(b'""'), 400, Reason.BODY_JSON),
    "empty-object": (body(b"{}"), 400, Reason.BODY_FIELDS),
    "cut-off": (body(b'{"type":"mess'), 400, Reason.BODY_JSON),
    "bad-utf8": (body(b'{"type":"\xff"}'), 400, Reason.BODY_JSON),
    "byte-order-mark": (body(b"\xef\xbb\xbf{}"), 400, Reason.BODY_JSON),
    "utf-16": (body('{"type":"message"}'.encode("utf-16")), 400, Reason.BODY_JSON),
    "deep-lists": (body(b"[" * 100_000), 400, Reason.BODY_JSON),
    "deep-objects": (body(b'{"a":' * 40_000 + b"1" + b"}" * 40_000), 400, Reason.BODY_JSON),
    "depth-33": (
        replaced('"status"', '"status","value":' + "[" * 32 + "]" * 32),
        400,
        Reason.BODY_JSON,
    ),
    "nan": (replaced('"status"', '"status","value":NaN'), 400, Reason.BODY_JSON),
    "infinity": (replaced('"status"', '"status","value":-Infinity'), 400, Reason.BODY_JSON),
    "huge-float": (replaced('"status"', '"status","value":1e999'), 400, Reason.BODY_JSON),
    "huge-integer": (
        replaced('"status"', f'"status","value":{"9" * 6000}'),
        400,
        Reason.BODY_JSON,
    ),
    "duplicate-key": (replaced('"text"', '"text":"annuleer","text"'), 400, Reason.BODY_JSON),
    "duplicate-nested-key": (
        replaced('"aadObjectId"', '"aadObjectId":"x","aadObjectId"'),
        400,
        Reason.BODY_JSON,
    ),
    "lone-surrogate": (replaced('"status"', r'"\ud800"'), 400, Reason.BODY_JSON),
    "nul-character": (replaced('"status"', r'"sta\u0000tus"'), 400, Reason.BODY_JSON),
    "trailing-text": (body(b"{} {}"), 400, Reason.BODY_JSON),
    "too-large": (body(b" " * 300_000), 413, Reason.BODY_SIZE),
}
CASES = {**TOKENS, **CLAIMS, **ACTIVITIES, **BODIES}


@pytest.mark.parametrize(("spoil", "status", "reason"), CASES.values(), ids=CASES.keys())
async def test_refused(edge: Edge, spoil: Spoil, status: int, reason: Reason) -> None:
    await _refused(edge, spoil, status, reason)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "bearer {token}"},
        {"Authorization": "{token}"},
    ],
)
async def test_without_bearer_nobody_is_recognised(edge: Edge, headers: dict[str, str]) -> None:
    client = edge.client()
    token = edge.signer.token(edge.connector.url)
    filled = {name: value.replace("{token}", token) for name, value in headers.items()}

    # The body is malformed as well: it is not even looked at.
    answer = await client.post_raw(b"[", {"Content-Type": "application/json", **filled})

    assert answer.status == 401
    assert edge.conversation.heard == []


async def test_two_authorisation_headers_are_refused(edge: Edge) -> None:
    token = edge.signer.token(edge.connector.url)
    pair = [("Authorization", f"Bearer {token}")] * 2
    url = f"{edge.bot_url}/api/messages"

    async with edge.session.post(url, json=edge.client().activity(), headers=pair) as answer:
        assert answer.status == 401


async def test_key_without_endorsement_for_teams_is_refused(edge: Edge) -> None:
    edge.signer.endorsements = ("slack", "webchat")

    answer = await edge.client().post(edge.client().activity(type="message", text="x"))

    assert answer.status == 403
    assert edge.count("refusals", reason=Reason.ENDORSEMENT) == 1
    assert edge.conversation.heard == []


@pytest.mark.parametrize(("name", "minutes"), [("exp", -4.98), ("nbf", 5.0)])
async def test_five_minutes_of_leeway(edge: Edge, name: str, minutes: float) -> None:
    claims = edge.signer.claims(edge.connector.url)
    claims[name] = int(edge.clock.now().timestamp() + minutes * 60)
    client = edge.client()

    answer = await client.post_raw(
        client.activity(type="message", text="x"),
        {"Authorization": f"Bearer {edge.signer.sign(claims)}"},
    )

    assert answer.status == 200


async def test_spelling_of_the_service_url_does_not_matter(edge: Edge) -> None:
    token = edge.signer.token(edge.connector.url.replace("http", "HTTP") + "/")
    client = edge.client()

    answer = await client.post_raw(
        client.activity(type="message", text="x"), {"Authorization": f"Bearer {token}"}
    )

    assert answer.status == 200


async def test_content_of_another_type_is_refused(edge: Edge) -> None:
    headers = {"Content-Type": "text/plain"}
    headers["Authorization"] = f"Bearer {edge.signer.token(edge.connector.url)}"

    answer = await edge.client().post_raw(b"{}", headers)

    assert answer.status == 400
    assert edge.count("refusals", reason=Reason.CONTENT_TYPE) == 1


async def test_compressed_content_is_refused(edge: Edge) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    headers["Authorization"] = f"Bearer {edge.signer.token(edge.connector.url)}"

    answer = await edge.client().post_raw(b"\x1f\x8b" + b"\0" * 100, headers)

    assert answer.status == 400
    assert edge.count("refusals", reason=Reason.BODY_BROKEN) == 1
