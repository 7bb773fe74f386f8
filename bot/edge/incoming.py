"""What a person did, read out of an activity."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from botbuilder.schema import Activity, ActivityTypes

from bot.edge.references import is_personal
from dialogs.turn import Incoming, IncomingKind
from mutations.identity import ObjectId

CARD_ACTION: Final = "adaptiveCard/action"

# Teams sends the HTML rendering of a typed message along as an attachment.
_TYPED_TEXT: Final = "text/html"

_NOTHING: Final[tuple[str, dict[str, object]]] = ("", {})


class ActivityKind(StrEnum):
    """What an activity is to this bot."""

    MESSAGE = "message"
    PRESS = "press"
    SUBMIT = "submit"
    JOINED = "joined"
    UNKNOWN_INVOKE = "unknown_invoke"
    IGNORED = "ignored"


def kind_of(activity: Activity) -> ActivityKind:
    """Return what an admitted activity is.

    One installation is announced twice, as `installationUpdate` (action `add`) and as
    `conversationUpdate` (members added), by Teams and by the Playground alike. Only the
    first is a JOINED: it always comes, it names the installer, and so there is one welcome.
    """
    match activity.type:
        case ActivityTypes.message:
            is_submit = isinstance(activity.value, dict) and not (activity.text or "").strip()
            return ActivityKind.SUBMIT if is_submit else ActivityKind.MESSAGE
        case ActivityTypes.invoke:
            is_card = activity.name == CARD_ACTION
            return ActivityKind.PRESS if is_card else ActivityKind.UNKNOWN_INVOKE
        case ActivityTypes.installation_update:
            has_installer = activity.action == "add" and activity.from_property.aad_object_id
            return ActivityKind.JOINED if has_installer else ActivityKind.IGNORED
    return ActivityKind.IGNORED


def read_incoming(activity: Activity, kind: ActivityKind) -> Incoming:
    """Return the act of the sender; a press that cannot be read has no verb."""
    verb, data = _NOTHING
    incoming_kind = IncomingKind.PRESS
    if kind is ActivityKind.PRESS:
        verb, data = _read_execute(activity.value)
    elif kind is ActivityKind.SUBMIT:
        verb, data = _read_submit(activity.value)
    else:
        incoming_kind = IncomingKind(kind.value)
    return Incoming(
        kind=incoming_kind,
        person=ObjectId(activity.from_property.aad_object_id),
        name=activity.from_property.name or "",
        conversation_id=activity.conversation.id,
        personal=is_personal(activity),
        text=_typed_text(activity) if kind is ActivityKind.MESSAGE else "",
        verb=verb,
        data=data,
        card_id=activity.reply_to_id or "",
        has_attachment=any(
            attachment.content_type != _TYPED_TEXT for attachment in activity.attachments or ()
        ),
    )


_Press = tuple[str, dict[str, object]]


def _read_execute(value: object) -> _Press:
    """Read Action.Execute: inputs and data come together in `action.data`."""
    action = value.get("action") if isinstance(value, dict) else None
    if not isinstance(action, dict):
        return _NOTHING
    data = action.get("data")
    return _press(action.get("verb"), {} if data is None else data)


def _read_submit(value: object) -> _Press:
    """Read Action.Submit, the fallback of old clients: the verb is among the data."""
    if not isinstance(value, dict):
        return _NOTHING
    data = {key: item for key, item in value.items() if key not in {"verb", "msteams"}}
    return _press(value.get("verb"), data)


def _press(verb: object, data: object) -> _Press:
    """Return verb and data; for what no card of ours sends a press without verb."""
    if isinstance(verb, str) and isinstance(data, dict):
        return verb, data
    return _NOTHING


def _typed_text(activity: Activity) -> str:
    """Return the text without the mentions of the bot itself."""
    text: str = activity.text or ""
    for entity in activity.entities or ():
        rest: Mapping[str, Any] = entity.additional_properties
        mentioned, mention = rest.get("mentioned") or {}, rest.get("text")
        if entity.type == "mention" and mention and mentioned.get("id") == activity.recipient.id:
            text = text.replace(mention, " ")
    return text.strip()
