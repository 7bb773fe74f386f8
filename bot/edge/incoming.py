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


class ActivityKind(StrEnum):
    """What an activity is to this bot."""

    MESSAGE = "message"
    PRESS = "press"
    SUBMIT = "submit"
    JOINED = "joined"
    UNKNOWN_INVOKE = "unknown_invoke"
    IGNORED = "ignored"


class UnreadablePressError(ValueError):
    """A button press without a verb, or with data that is no object."""


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
    """Return the act of the sender.

    Raises:
        UnreadablePressError: The card data is not what a card of ours sends.
    """
    verb, data = "", dict[str, object]()
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


def _read_execute(value: object) -> tuple[str, dict[str, object]]:
    """Read Action.Execute: inputs and data come together in `action.data`."""
    action = value.get("action") if isinstance(value, dict) else None
    if not isinstance(action, dict):
        raise UnreadablePressError("no action")
    data = action.get("data")
    return _verb(action), _data({} if data is None else data)


def _read_submit(value: object) -> tuple[str, dict[str, object]]:
    """Read Action.Submit, the fallback of old clients: the verb is among the data."""
    data = _data(value)
    return _verb(data), {key: item for key, item in data.items() if key not in {"verb", "msteams"}}


def _verb(holder: Mapping[str, object]) -> str:
    verb = holder.get("verb")
    if not isinstance(verb, str) or not verb:
        raise UnreadablePressError("no verb")
    return verb


def _data(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise UnreadablePressError("data is no object")
    return value


def _typed_text(activity: Activity) -> str:
    """Return the text without the mentions of the bot itself."""
    text: str = activity.text or ""
    for entity in activity.entities or ():
        rest: Mapping[str, Any] = entity.additional_properties
        mentioned, mention = rest.get("mentioned") or {}, rest.get("text")
        if entity.type == "mention" and mention and mentioned.get("id") == activity.recipient.id:
            text = text.replace(mention, " ")
    return text.strip()
