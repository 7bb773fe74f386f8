"""The codec against msrest, which it replaces: on what Teams sends, and on made-up activities."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    Attachment,
    CardAction,
    ChannelAccount,
    ConversationAccount,
    Mention,
    SuggestedActions,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.edge.codec import decode_activity, encode_activity

PERSON = {
    "id": "29:1abc",
    "name": "Ann Peeters",
    "aadObjectId": "aaaaaaaa-0000-4000-8000-000000000001",
}
BOT = {"id": "28:11111111-2222-3333-4444-555555555555", "name": "mutatiebot"}
COMMON: dict[str, Any] = {
    "id": "1700000000001",
    "timestamp": "2027-03-01T09:00:00.1234567Z",
    "localTimestamp": "2027-03-01T10:00:00.1234567+01:00",
    "localTimezone": "Europe/Brussels",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/emea/",
    "from": PERSON,
    "conversation": {
        "conversationType": "personal",
        "tenantId": "99999999-8888-7777-6666-555555555555",
        "id": "a:1chat",
    },
    "recipient": BOT,
    "entities": [{"type": "clientInfo", "locale": "nl-BE", "country": "BE", "platform": "Web"}],
    "channelData": {"tenant": {"id": "99999999-8888-7777-6666-555555555555"}},
    "locale": "nl-BE",
}
MESSAGE = {
    **COMMON,
    "type": "message",
    "text": "<at>bot</at> status",
    "textFormat": "plain",
    "attachments": [{"contentType": "text/html", "content": "<p>status</p>"}],
    "entities": [
        {"type": "mention", "text": "<at>bot</at>", "mentioned": BOT},
        {"type": "clientInfo", "locale": "nl-BE"},
    ],
}
INVOKE = {
    **COMMON,
    "type": "invoke",
    "name": "adaptiveCard/action",
    "replyToId": "1699999999999",
    "value": {
        "action": {
            "type": "Action.Execute",
            "title": "Indienen",
            "verb": "request.submit",
            "data": {"request_id": "0" * 32, "version": 3, "note": None, "list": [1, 2.5, True]},
        },
        "trigger": "manual",
    },
}
CONVERSATION_UPDATE = {
    **COMMON,
    "type": "conversationUpdate",
    "membersAdded": [{"id": PERSON["id"], "aadObjectId": PERSON["aadObjectId"]}, BOT],
    "membersRemoved": [],
}
INSTALLATION = {**COMMON, "type": "installationUpdate", "action": "add"}
REACTION = {**COMMON, "type": "messageReaction", "reactionsAdded": [{"type": "like"}]}
GROUP = {
    **MESSAGE,
    "conversation": {
        "isGroup": True,
        "conversationType": "channel",
        "tenantId": "t",
        "id": "19:x@thread.tacv2;messageid=1",
        "name": "General",
    },
    "importance": "normal",
}
NULLS = {**COMMON, "type": "message", "text": None, "attachments": None, "value": None}
UNKNOWN = {**COMMON, "type": "message", "somethingNew": {"a": 1}, "from": {**PERSON, "new": 1}}

REALISTIC = {
    "message": MESSAGE,
    "card-invoke": INVOKE,
    "conversation-update": CONVERSATION_UPDATE,
    "installation": INSTALLATION,
    "reaction": REACTION,
    "group": GROUP,
    "nulls": NULLS,
    "unknown-fields": UNKNOWN,
}


def _for_msrest(payload: dict[str, Any]) -> dict[str, Any]:
    """Rename the tenant as msrest expects it: the one difference on purpose."""
    renamed = deepcopy(payload)
    conversation = renamed.get("conversation") or {}
    if "tenantId" in conversation:
        conversation["tenantID"] = conversation.pop("tenantId")
    return renamed


def _from_msrest(activity: Activity) -> Any:
    encoded = activity.serialize()
    conversation = encoded.get("conversation", {})
    if "tenantID" in conversation:
        conversation["tenantId"] = conversation.pop("tenantID")
    return encoded


def _assert_same(payload: dict[str, Any]) -> None:
    ours = decode_activity(deepcopy(payload))
    theirs = Activity.deserialize(_for_msrest(payload))

    assert _attributes(ours) == _attributes(theirs)


def _attributes(value: Any) -> Any:
    """Return everything in an SDK object, classes included, so that it can be compared."""
    if hasattr(value, "_attribute_map"):
        content = {name: _attributes(item) for name, item in vars(value).items()}
        return type(value), content
    if isinstance(value, list):
        return [_attributes(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


@pytest.mark.parametrize("payload", REALISTIC.values(), ids=REALISTIC.keys())
def test_reads_what_msrest_reads(payload: dict[str, Any]) -> None:
    _assert_same(payload)


def test_tenant_of_the_conversation_is_read() -> None:
    assert decode_activity(MESSAGE).conversation.tenant_id == COMMON["conversation"]["tenantId"]


def test_reading_leaves_the_payload_alone() -> None:
    payload = deepcopy(MESSAGE)
    decode_activity(payload)

    assert payload == MESSAGE


@pytest.mark.parametrize("text", ["yesterday", "", "2027-13-01T00:00:00Z", "2027-02-30"])
def test_timestamp_that_is_none_is_none(text: str) -> None:
    assert decode_activity({**MESSAGE, "timestamp": text}).timestamp is None


@pytest.mark.parametrize(
    "field", ["suggestedActions", "relatesTo", "semanticAction", "textHighlights", "unknown"]
)
def test_fields_the_gate_does_not_check_stay_undecoded(field: str) -> None:
    activity = decode_activity({**MESSAGE, field: "hostile"})

    assert activity.additional_properties == {field: "hostile"}


IDS = st.text(min_size=1, max_size=20)
TEXTS = st.none() | st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(IDS, inner, max_size=3),
    max_leaves=8,
)
ACCOUNTS = st.fixed_dictionaries(
    {"id": IDS}, optional={"name": TEXTS, "aadObjectId": TEXTS, "role": TEXTS, "properties": JSON}
)
CONVERSATIONS = st.fixed_dictionaries(
    {"id": IDS},
    optional={
        "isGroup": st.booleans(),
        "conversationType": TEXTS,
        "name": TEXTS,
        "tenantId": TEXTS,
        "role": TEXTS,
    },
)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1), max_value=datetime(2090, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(-timedelta(hours=9))]),
).map(datetime.isoformat)  # fmt: skip
PAYLOADS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["message", "invoke", "event", "conversationUpdate", "new"]),
        "from": ACCOUNTS,
        "recipient": ACCOUNTS,
        "conversation": CONVERSATIONS,
    },
    optional={
        "id": IDS,
        "timestamp": MOMENTS,
        "localTimestamp": MOMENTS,
        "text": TEXTS,
        "name": TEXTS,
        "action": TEXTS,
        "value": JSON,
        "channelData": JSON,
        "historyDisclosed": st.booleans(),
        "listenFor": st.lists(st.text(max_size=5), max_size=3),
        "membersAdded": st.lists(ACCOUNTS, max_size=3),
        "reactionsAdded": st.lists(st.fixed_dictionaries({"type": TEXTS}), max_size=2),
        "attachments": st.lists(
            st.fixed_dictionaries({"contentType": IDS}, optional={"content": JSON, "name": TEXTS}),
            max_size=3,
        ),
        "entities": st.lists(
            st.fixed_dictionaries({"type": IDS}, optional={"mentioned": ACCOUNTS, "x": JSON}),
            max_size=3,
        ),
    },
)


@given(PAYLOADS)
def test_reads_made_up_activities_as_msrest_does(payload: dict[str, Any]) -> None:
    _assert_same(payload)


CARD = {
    "type": "AdaptiveCard",
    "version": "1.5",
    "body": [{"type": "TextBlock", "text": "é", "wrap": True, "n": None}],
}
OUTGOING = {
    "card": Activity(
        type=ActivityTypes.message,
        summary="s",
        attachments=[Attachment(content_type="application/vnd.card", content=CARD)],
        input_hint="acceptingInput",
        from_property=ChannelAccount(id="28:x"),
        recipient=ChannelAccount(id="29:y", name="Ann"),
        conversation=ConversationAccount(id="a:1", tenant_id="t", is_group=False),
        service_url="https://smba.trafficmanager.net/emea/",
        reply_to_id="1",
    ),
    "text": Activity(type="message", text="", text_format="plain", attachments=[]),
    "moments": Activity(
        type="message",
        timestamp=datetime(2027, 3, 1, 9, 0, 0, 120000, tzinfo=UTC),
        local_timestamp=datetime(2027, 3, 1, 10, tzinfo=timezone(timedelta(hours=1))),
    ),
    "mention": Activity(
        type="message",
        entities=[
            Mention(type="mention", text="<at>Ann</at>", mentioned=ChannelAccount(id="29:y"))
        ],
    ),
    "suggestions": Activity(
        type="message",
        suggested_actions=SuggestedActions(
            to=["29:y"], actions=[CardAction(type="imBack", title="t", value={"a": 1})]
        ),
    ),
}


@pytest.mark.parametrize("activity", OUTGOING.values(), ids=OUTGOING.keys())
def test_writes_what_msrest_writes(activity: Activity) -> None:
    ours = orjson.loads(orjson.dumps(encode_activity(activity)))

    assert ours == _from_msrest(activity)


@given(PAYLOADS)
def test_writes_made_up_activities_as_msrest_does(payload: dict[str, Any]) -> None:
    activity = Activity.deserialize(_for_msrest(payload))

    assert orjson.loads(orjson.dumps(encode_activity(activity))) == _from_msrest(activity)
