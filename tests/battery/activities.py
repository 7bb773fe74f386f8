"""Forgeries of the activity: a good token, and something that no person of the tenant sends."""

from collections.abc import Iterator

from tests.battery.forgery import Forgery, Group, Row
from tests.battery.letter import ABSENT, Letter, Spoil, Value, both, put

_CHANNEL = Row("J09", Group.CHANNEL, "channel")
_TENANT = Row("J14", Group.TENANT, "tenant")
_SENDER = Row("Z08", Group.SENDER, "sender")
_TO = Row("P04", Group.RECIPIENT, "recipient")
_WHERE = Row("P04", Group.RECIPIENT, "conversation")
_DELIVERY = Row("P05", Group.DELIVERY, "delivery")
_OTHER = "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee"
_ZEROS = "00000000-0000-0000-0000-000000000000"


def forgeries() -> Iterator[Forgery]:
    """Yield all of them."""
    yield from _CHANNEL.values("activity.channelId", _CHANNELS)
    yield from _tenants()
    yield from _senders()
    for row, part, fields in (
        (_TO, "recipient", _RECIPIENTS),
        (_WHERE, "conversation", _CONVERSATIONS),
    ):
        for path, values in fields.items():
            for name, value in values.items():
                field = f"activity.{part}{path}"
                yield row.one(
                    f"{path.strip('.') or part}-{name}", put(field, value), what=f"{field} {name}"
                )
    yield from _DELIVERY.values("activity.deliveryMode", _MODES)


def _tenants() -> Iterator[Forgery]:
    for path, values in (
        ("channelData", {"absent": ABSENT, "null": None, "list": [], "text": "x"}),
        ("channelData.tenant", {"absent": ABSENT, "null": None, "text": _OTHER}),
        ("channelData.tenant.id", _TENANTS),
        ("conversation.tenantId", {**_TENANTS, "empty": ""}),
        ("from.tenantId", _TENANTS),
    ):
        for name, value in values.items():
            if name in {"absent", "null"} and path.endswith("tenantId"):
                continue  # Teams leaves these out itself
            spoil = put(f"activity.{path}", value)
            yield _TENANT.one(f"{path}-{name}", spoil, what=f"{path} {name}")
    both_other = both(
        put("activity.channelData.tenant.id", _OTHER),
        put("activity.conversation.tenantId", _OTHER),
    )
    yield _TENANT.one("both-other", both_other, is_single=False)
    disagree = both(
        put("activity.channelData.tenant.id", _OTHER),
        put("activity.conversation.tenantId", _ZEROS),
    )
    yield _TENANT.one("both-other-and-different", disagree, is_single=False)
    for number in range(6):
        yield _TENANT.one(f"random-{number}", _random_tenant)


def _random_tenant(letter: Letter) -> None:
    text = letter.ground.random.randbytes(16).hex()
    tenant = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"
    put("activity.channelData.tenant.id", tenant)(letter)


def _senders() -> Iterator[Forgery]:
    for kind, spoil in _ACTS.items():
        is_message = kind == "message"
        for name, value in _NO_PEOPLE.items():
            whole = both(spoil, put("activity.from.aadObjectId", value))
            yield _SENDER.one(
                f"{kind}-{name}", whole, what=f"{kind} by {name}", is_single=is_message
            )
        for path, values in _NOT_PEOPLE.items():
            for name, value in values.items():
                whole = both(spoil, put(f"activity.from{path}", value))
                label = f"{kind}-from{path}-{name}"
                yield _SENDER.one(
                    label, whole, what=f"{kind}: from{path} {name}", is_single=is_message
                )


def _nothing(_: Letter) -> None:
    """Leave the message as it is."""


def _press(letter: Letter) -> None:
    letter.activity.pop("text")
    letter.activity |= {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "value": {"action": {"type": "Action.Execute", "verb": "help.show", "data": {}}},
    }


_ACTS: dict[str, Spoil] = {"message": _nothing, "press": _press}
_CHANNELS: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "number": 5,
    "list": ["msteams"],
    "object": {"msteams": True},
    "capitals": "MSTEAMS",
    "camel-case": "msTeams",
    "space-before": " msteams",
    "space-after": "msteams ",
    "newline": "msteams\n",
    "subchannel": "msteams:copilot",
    "suffix": "msteams.evil",
    "list-in-text": "msteams,emulator",
    "fullwidth": "\uff4dsteams",
    "zero-width": "ms\u200bteams",
    "long": "msteams" * 100,
    "star": "*",
    **{
        name: name
        for name in (
            "emulator",
            "slack",
            "webchat",
            "directline",
            "directlinespeech",
            "skype",
            "skypeforbusiness",
            "email",
            "outlook",
            "telegram",
            "facebook",
            "sms",
            "agents",
            "m365extensions",
            "test",
        )
    },
}
_TENANTS: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "other": _OTHER,
    "zeros": _ZEROS,
    "number": 5,
    "list": lambda ground: [ground.tenant_id],
    "object": lambda ground: {"id": ground.tenant_id},
    "space-after": lambda ground: f"{ground.tenant_id} ",
    "newline": lambda ground: f"{ground.tenant_id}\n",
    "braces": lambda ground: "{" + ground.tenant_id + "}",
    "cut": lambda ground: ground.tenant_id[:-1],
    "no-dashes": lambda ground: ground.tenant_id.replace("-", ""),
    "two": lambda ground: f"{ground.tenant_id},{_OTHER}",
    "domain": "wegenwater.vlaanderen.example",
    "common": "common",
    "organizations": "organizations",
    "star": "*",
    "homoglyph": lambda ground: ground.tenant_id.replace("9", "\uff19"),
}
_NO_PEOPLE: dict[str, Value] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "zeros": _ZEROS,
    "number": 5,
    "list": lambda ground: [ground.sender.object_id],
    "object": lambda ground: {"id": ground.sender.object_id},
    "word": "marleen",
    "address": "marleen.claes@wegenwater.vlaanderen.example",
    "account": lambda ground: ground.sender.account_id,
    "braces": lambda ground: "{" + ground.sender.object_id + "}",
    "urn": lambda ground: f"urn:uuid:{ground.sender.object_id}",
    "no-dashes": lambda ground: ground.sender.object_id.replace("-", ""),
    "newline": lambda ground: f"{ground.sender.object_id}\n",
    "space-before": lambda ground: f" {ground.sender.object_id}",
    "cut": lambda ground: ground.sender.object_id[:-1],
    "longer": lambda ground: f"{ground.sender.object_id}0",
    "sql": "' or '1'='1",
    "fullwidth": lambda ground: ground.sender.object_id.replace("0", "\uff10"),
    "bot": lambda ground: f"28:{ground.app_id}",
}
_NOT_PEOPLE: dict[str, dict[str, Value]] = {
    "": {"absent": ABSENT, "null": None, "empty": {}, "list": [], "text": "29:a", "number": 5},
    ".id": {
        "absent": ABSENT,
        "null": None,
        "empty": "",
        "number": 5,
        "list": ["29:a"],
        "bot": "28:other",
        "this-bot": lambda ground: f"28:{ground.app_id}",
        "bot-after-space": " 28:other",
        "newline": "29:a\n",
        "bidi": "29:\u202ea",
        "long": "29:" + "a" * 2_000,
        "dot": "..",
    },
    ".role": {
        "bot": "bot",
        "skill": "Skill",
        "agent-user": "agenticUser",
        "agent-app": "agenticAppInstance",
        "connector": "connectorUser",
        "unknown": "owner",
        "list": ["user"],
    },
    ".userRole": {"anonymous": "anonymous", "guest": "Guest", "federated": "federated"},
    ".name": {"number": 5, "object": {}, "10k": "x" * 10_000},
}
_RECIPIENTS: dict[str, dict[str, Value]] = {
    "": {"absent": ABSENT, "null": None, "empty": {}, "list": [], "text": "28:a"},
    ".id": {
        "absent": ABSENT,
        "null": None,
        "empty": "",
        "number": 5,
        "other-bot": f"28:{_OTHER}",
        "no-prefix": lambda ground: ground.app_id,
        "person": lambda ground: ground.sender.account_id,
        "space-after": lambda ground: f"28:{ground.app_id} ",
        "longer": lambda ground: f"28:{ground.app_id}x",
    },
    ".role": {"skill": "skill", "user": "user", "agent-user": "agenticUser"},
}
_CONVERSATIONS: dict[str, dict[str, Value]] = {
    "": {"absent": ABSENT, "null": None, "empty": {}, "list": [], "text": "a:x"},
    ".id": {
        "absent": ABSENT,
        "null": None,
        "empty": "",
        "number": 5,
        "object": {},
        "dot": ".",
        "dots": "..",
        "newline": "a:x\r\nHost: evil.example",
        "nul": "a:x\u0000",
        "bidi": "a:\u202ex",
        "long": "a" * 5_000,
    },
    ".isGroup": {"text": "no", "number": 0, "list": []},
    ".conversationType": {"list": ["personal"], "number": 1, "long": "personal" * 50},
}
_MODES: dict[str, Value] = {
    "expect-replies": "expectReplies",
    "expect-replies-in-capitals": "EXPECTREPLIES",
    "stream": "stream",
    "ephemeral": "ephemeral",
    "unknown": "somethingNew",
    "number": 5,
    "list": ["normal"],
    "object": {},
    "space": "normal ",
}
