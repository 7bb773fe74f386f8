"""Forgeries of what the token says, signed with the channel's own key: only a claim is wrong."""

from collections.abc import Callable, Iterator

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.letter import ABSENT, Ground, Value, both, put

CHANNEL_ISSUER = "https://api.botframework.com"

_ISSUER = Row("J05", Group.ISSUER, "iss")
_AUDIENCE = Row("J06", Group.AUDIENCE, "aud")
_LIFETIME = Row("J07", Group.LIFETIME, "")
_EMULATOR = Row("J10", Group.EMULATOR, "emulator")
_OWN = Row("J11", Group.EMULATOR, "own")
_SKILL = Row("J12", Group.EMULATOR, "skill")
_OTHER_APP = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
_MICROSOFT = (
    "d6d49420-f39b-4df7-a1dc-d59a935871db",
    "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "cab8a31a-1906-4287-a0d8-4eef66b95f6e",
    "69e9b82d-4842-4902-8d1e-abc5b98a55e8",
)
"""Tenants of Microsoft whose tokens the SDKs take for tokens of the emulator."""


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    yield from _ISSUER.values("claims.iss", _ISSUERS)
    yield from _AUDIENCE.values("claims.aud", _AUDIENCES)
    yield from _lifetimes()
    yield from _emulators()
    yield from _own_tokens()
    yield from _skills()


def _at(seconds: float, of: type = int) -> Callable[[Ground], object]:
    """Return a moment so many seconds from now."""
    return lambda ground: of(ground.now + seconds)


def _lifetimes() -> Iterator[Forgery]:
    for claim, values in (("exp", {**_NO_MOMENTS, **_PAST}), ("nbf", {**_NO_MOMENTS, **_FUTURE})):
        row = Row("J07", Group.LIFETIME, claim)
        yield from row.values(f"claims.{claim}", values)
    odd = Row("F03", Group.LIFETIME, "exp")
    yield from odd.values("claims.exp", _ODD_PAST)


def _emulators() -> Iterator[Forgery]:
    """Yield tokens of the emulator: five issuers, two versions, three audiences."""
    for number, tenant in enumerate(_MICROSOFT):
        for version, issuer, caller in (
            ("1.0", f"https://sts.windows.net/{tenant}/", "appid"),
            ("2.0", f"https://login.microsoftonline.com/{tenant}/v2.0", "azp"),
        ):
            for audience, value in _EMULATOR_AUDIENCES.items():
                spoil = both(
                    put("claims.iss", issuer),
                    put("claims.aud", value),
                    put("claims.ver", version),
                    put(f"claims.{caller}", lambda ground: ground.app_id),
                )
                name = f"{number}-v{version[0]}-{audience}"
                yield _EMULATOR.one(name, spoil, is_single=False)
            yield _EMULATOR.one(f"{number}-v{version[0]}-issuer-only", put("claims.iss", issuer))
    for name, issuer in _GOVERNMENT.items():
        yield _EMULATOR.one(f"government-{name}", put("claims.iss", issuer))


def _own_tokens() -> Iterator[Forgery]:
    """Yield the token with which the bot itself calls the Connector, sent back to it."""
    for version, issuer in (
        ("1.0", lambda ground: f"https://sts.windows.net/{ground.tenant_id}/"),
        ("2.0", lambda ground: f"https://login.microsoftonline.com/{ground.tenant_id}/v2.0"),
    ):
        caller = "appid" if version == "1.0" else "azp"
        for name, audience in {
            "bot-framework": CHANNEL_ISSUER,
            "scope": f"{CHANNEL_ISSUER}/.default",
            "the-app": lambda ground: ground.app_id,
        }.items():
            spoil = both(
                put("claims.iss", issuer),
                put("claims.aud", audience),
                put("claims.ver", version),
                put(f"claims.{caller}", lambda ground: ground.app_id),
                put("claims.tid", lambda ground: ground.tenant_id),
                put("claims.serviceurl", ABSENT),
            )
            yield _OWN.one(f"v{version[0]}-{name}", spoil, is_single=False)
    yield _OWN.one("audience-only", put("claims.aud", CHANNEL_ISSUER))


def _skills() -> Iterator[Forgery]:
    for name, value in {
        "other": _OTHER_APP,
        "anonymous": "AnonymousSkill",
        "empty": "",
        "list": [_OTHER_APP],
        "null": None,
        "channel": CHANNEL_ISSUER,
    }.items():
        for claim in ("appid", "azp"):
            yield _SKILL.one(f"{claim}-{name}", put(f"claims.{claim}", value))
    for version, caller in (("1.0", "appid"), ("2.0", "azp")):
        spoil = both(
            put("claims.ver", version),
            put(f"claims.{caller}", _OTHER_APP),
            put("claims.iss", lambda ground: f"https://sts.windows.net/{ground.tenant_id}/"),
        )
        yield _SKILL.one(f"of-the-tenant-v{version[0]}", spoil, is_single=False)
    yield _SKILL.one(
        "caller-id", put("activity.callerId", f"urn:botframework:aadappid:{_OTHER_APP}")
    )
    yield _SKILL.one(
        "caller-id-government", put("activity.callerId", "urn:botframework:azureusgov")
    )


_ISSUERS: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "number": 5,
    "true": True,
    "list": [CHANNEL_ISSUER],
    "object": {CHANNEL_ISSUER: True},
    "stranger": "https://evil.example",
    "slash": f"{CHANNEL_ISSUER}/",
    "two-slashes": "https:///api.botframework.com",
    "path": f"{CHANNEL_ISSUER}/v3",
    "query": f"{CHANNEL_ISSUER}?x",
    "fragment": f"{CHANNEL_ISSUER}#x",
    "capital-host": "https://API.botframework.com",
    "capital-scheme": "HTTPS://api.botframework.com",
    "http": "http://api.botframework.com",
    "no-scheme": "api.botframework.com",
    "port": f"{CHANNEL_ISSUER}:443",
    "trailing-dot": f"{CHANNEL_ISSUER}.",
    "space-before": f" {CHANNEL_ISSUER}",
    "space-after": f"{CHANNEL_ISSUER} ",
    "newline": f"{CHANNEL_ISSUER}\n",
    "nul": f"{CHANNEL_ISSUER}\u0000",
    "suffix": f"{CHANNEL_ISSUER}.evil.example",
    "user-info": f"{CHANNEL_ISSUER}@evil.example",
    "inside": f"https://evil.example/{CHANNEL_ISSUER}",
    "percent": "https://api%2Ebotframework.com",
    "homoglyph": "https://api.b\u043etframework.com",
    "fullwidth": "https://api\uff0ebotframework.com",
    "domain": "https://botframework.com",
    "sibling": "https://smba.botframework.com",
    "login": "https://login.botframework.com",
    "tenant-v1": lambda ground: f"https://sts.windows.net/{ground.tenant_id}/",
    "tenant-v2": lambda ground: f"https://login.microsoftonline.com/{ground.tenant_id}/v2.0",
    "common": "https://login.microsoftonline.com/common/v2.0",
}
_GOVERNMENT = {
    "issuer": "https://api.botframework.us",
    "azure": "https://api.botframework.azure.us",
    "china": "https://api.botframework.azure.cn",
    "emulator": "https://sts.windows.net/cab8a31a-1906-4287-a0d8-4eef66b95f6e",
    "emulator-v2": "https://login.microsoftonline.us/cab8a31a-1906-4287-a0d8-4eef66b95f6e/v2.0",
}
_AUDIENCES: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "number": 5,
    "true": True,
    "list": lambda ground: [ground.app_id],
    "list-of-two": lambda ground: [_OTHER_APP, ground.app_id],
    "object": lambda ground: {ground.app_id: True},
    "other-app": _OTHER_APP,
    "letter-for-digit": lambda ground: ground.app_id.replace("1", "I", 1),
    "scheme": lambda ground: f"api://{ground.app_id}",
    "bot-scheme": lambda ground: f"api://botid-{ground.app_id}",
    "bot-account": lambda ground: f"28:{ground.app_id}",
    "space-after": lambda ground: f"{ground.app_id} ",
    "newline": lambda ground: f"{ground.app_id}\n",
    "braces": lambda ground: "{" + ground.app_id + "}",
    "no-dashes": lambda ground: ground.app_id.replace("-", ""),
    "cut": lambda ground: ground.app_id[:-1],
    "longer": lambda ground: f"{ground.app_id}0",
    "two": lambda ground: f"{ground.app_id},{_OTHER_APP}",
    "tenant": lambda ground: ground.tenant_id,
    "graph": "https://graph.microsoft.com",
    "star": "*",
    "zeros": "00000000-0000-0000-0000-000000000000",
    "homoglyph": lambda ground: ground.app_id.replace("1", "\uff11"),
}
_EMULATOR_AUDIENCES: dict[str, Value] = {
    "none": ABSENT,
    "app": lambda ground: ground.app_id,
    "bot-framework": CHANNEL_ISSUER,
}
_NO_MOMENTS: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "text": _at(3_600, str),
    "word": "never",
    "true": True,
    "false": False,
    "list": lambda ground: [ground.now + 3_600],
    "object": lambda ground: {"at": ground.now + 3_600},
    "date": "2099-01-01T00:00:00Z",
}
_PAST: dict[str, Value] = {
    "300-seconds-ago": _at(-300),
    "301-seconds-ago": _at(-301),
    "6-minutes-ago": _at(-360),
    "an-hour-ago": _at(-3_600),
    "a-day-ago": _at(-86_400),
    "a-year-ago": _at(-31_536_000),
    "1970": 0,
    "before-1970": -1,
}
_FUTURE: dict[str, Value] = {
    "in-302-seconds": _at(302),
    "in-6-minutes": _at(360),
    "in-an-hour": _at(3_600),
    "in-a-day": _at(86_400),
    "2038": 2**31,
    "5-digit-year": 253_402_300_800,
    "milliseconds": lambda ground: ground.now * 1_000,
    "huge": 2**53,
}
_ODD_PAST: dict[str, Value] = {
    "float-just-past": _at(-300.5, float),
    "float-1970": 1e-9,
    "huge-negative": -(2**53),
    "huge-negative-float": -1e300,
    "2038-wrapped": -(2**31),
    "minus-zero": -0.0,
}
