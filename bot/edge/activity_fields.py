"""The types and sizes of every activity field that the bot reads."""

from collections.abc import Callable, Mapping
from typing import Final

Rule = Callable[[object], bool]


class FieldError(ValueError):
    """A field of an activity is missing, too large or of the wrong type."""


def check_fields(payload: Mapping[str, object]) -> None:
    """Check every field the bot reads; unknown fields pass unread.

    Raises:
        FieldError: Names the field, never its value.
    """
    for name in _REQUIRED:
        if payload.get(name) is None:
            raise FieldError(name)
    for name, value in payload.items():
        rule = _ACTIVITY.get(name)
        if rule is not None and value is not None and not rule(value):
            raise FieldError(name)


def _text(max_length: int) -> Rule:
    def rule(value: object) -> bool:
        return isinstance(value, str) and len(value) <= max_length

    return rule


def _identity(value: object) -> bool:
    """Accept what may stand in an address: one line, visible, no step to another folder."""
    if not isinstance(value, str) or len(value) > _MAX_IDENTITY:
        return False
    return value.isprintable() and value not in _DOT_SEGMENTS


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _shape(fields: Mapping[str, Rule], *required: str) -> Rule:
    def rule(value: object) -> bool:
        if not isinstance(value, dict) or any(not value.get(name) for name in required):
            return False
        return all(
            (check := fields.get(name)) is None or item is None or check(item)
            for name, item in value.items()
        )

    return rule


def _list(item_rule: Rule, max_items: int = 200) -> Rule:
    def rule(value: object) -> bool:
        return isinstance(value, list) and len(value) <= max_items and all(map(item_rule, value))

    return rule


_MAX_IDENTITY: Final = 1024
_DOT_SEGMENTS: Final = frozenset({".", ".."})
_NAME: Final = _text(512)
_WORD: Final = _text(128)
# The body limit of the server bounds long texts; people get an answer about them.
_ANY_TEXT: Final = _text(1_000_000)

_ACCOUNT_FIELDS: Final[Mapping[str, Rule]] = {
    "id": _identity,
    "name": _NAME,
    "aadObjectId": _WORD,
    "role": _WORD,
    "userRole": _WORD,
    "tenantId": _WORD,
}
_ACCOUNT: Final = _shape(_ACCOUNT_FIELDS, "id")
_CONVERSATION: Final = _shape(
    {**_ACCOUNT_FIELDS, "isGroup": _flag, "conversationType": _WORD}, "id"
)
_ENTITY: Final = _shape(
    {"type": _WORD, "text": _ANY_TEXT, "mentioned": _shape({"id": _identity, "name": _NAME})}
)
_ATTACHMENT: Final = _shape(
    {
        "contentType": _text(256),
        "contentUrl": _text(8192),
        "name": _text(1024),
        "thumbnailUrl": _text(8192),
    }
)
_REACTION: Final = _shape({"type": _WORD})
_REQUIRED: Final = ("type", "from", "conversation", "recipient")

_ACTIVITY: Final[Mapping[str, Rule]] = {
    "type": _WORD,
    "id": _identity,
    "timestamp": _WORD,
    "localTimestamp": _WORD,
    "localTimezone": _WORD,
    "serviceUrl": _text(2048),
    "channelId": _WORD,
    "from": _ACCOUNT,
    "conversation": _CONVERSATION,
    "recipient": _ACCOUNT,
    "textFormat": _WORD,
    "attachmentLayout": _WORD,
    "membersAdded": _list(_ACCOUNT),
    "membersRemoved": _list(_ACCOUNT),
    "reactionsAdded": _list(_REACTION),
    "reactionsRemoved": _list(_REACTION),
    "topicName": _NAME,
    "historyDisclosed": _flag,
    "locale": _WORD,
    "text": _ANY_TEXT,
    "speak": _ANY_TEXT,
    "inputHint": _WORD,
    "summary": _ANY_TEXT,
    "attachments": _list(_ATTACHMENT),
    "entities": _list(_ENTITY),
    "channelData": _shape({"tenant": _shape({"id": _WORD})}),
    "action": _WORD,
    "replyToId": _identity,
    "label": _ANY_TEXT,
    "valueType": _ANY_TEXT,
    "value": lambda _: True,
    "name": _text(256),
    "code": _WORD,
    "expiration": _WORD,
    "importance": _WORD,
    "deliveryMode": _WORD,
    "listenFor": _list(_ANY_TEXT),
    "callerId": _ANY_TEXT,
}

CHECKED_FIELDS: Final = frozenset(_ACTIVITY)
"""Names of the checked fields; the codec reads no others."""
