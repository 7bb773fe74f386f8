"""What a person did, read out of an activity."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from botbuilder.schema import Activity, ActivityTypes

from bot.edge.references import is_personal
from bot.edge.seals import Opened, Seals
from dialogs.turn import Incoming, IncomingKind, Standing
from mutations.identity import ObjectId

CARD_ACTION: Final = "adaptiveCard/action"

# Teams sends the HTML rendering of a typed message along as an attachment.
_TYPED_TEXT: Final = "text/html"

_NOTHING: Final[tuple[str, Mapping[str, object]]] = ("", {})


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


def read_incoming(activity: Activity, kind: ActivityKind, seals: Seals) -> Incoming:
    """Return the act of the sender; a press that no card of ours sends has no verb and no data."""
    person = ObjectId(activity.from_property.aad_object_id)
    is_press = kind in {ActivityKind.PRESS, ActivityKind.SUBMIT}
    verb, opened = "", Opened(Standing.GENUINE)
    if is_press:
        verb, data = _pressed(activity, kind)
        opened = seals.opened(verb, data, person=person, conversation_id=activity.conversation.id)
    is_ours = opened.standing is not Standing.BROKEN
    return Incoming(
        kind=IncomingKind.PRESS if is_press else IncomingKind(kind.value),
        person=person,
        name=activity.from_property.name or "",
        conversation_id=activity.conversation.id,
        personal=is_personal(activity),
        text=_typed_text(activity) if kind is ActivityKind.MESSAGE else "",
        verb=verb if is_ours else "",
        data=opened.data,
        inputs=opened.inputs,
        standing=opened.standing,
        card_id=activity.reply_to_id or "",
        has_attachment=any(
            attachment.content_type != _TYPED_TEXT for attachment in activity.attachments or ()
        ),
    )


_Press: TypeAlias = tuple[str, Mapping[str, object]]


def _pressed(activity: Activity, kind: ActivityKind) -> _Press:
    """Return verb and data of a press, nothing of what has another shape."""
    value = activity.value
    if kind is ActivityKind.SUBMIT:
        # Action.Submit, the fallback of old clients: the verb is among the data.
        verb, data = value.get("verb"), value
    else:
        # Action.Execute: inputs and data come together in `action.data`.
        action = value.get("action") if isinstance(value, dict) else None
        verb, data = (
            (action.get("verb"), action.get("data")) if isinstance(action, dict) else _NOTHING
        )
    return (verb, data) if isinstance(verb, str) and isinstance(data, dict) else _NOTHING


def _typed_text(activity: Activity) -> str:
    """Return the text without the mentions of the bot itself."""
    text: str = activity.text or ""
    for entity in activity.entities or ():
        rest: Mapping[str, Any] = entity.additional_properties
        mentioned, mention = rest.get("mentioned") or {}, rest.get("text")
        if entity.type == "mention" and mention and mentioned.get("id") == activity.recipient.id:
            text = text.replace(mention, " ")
    return text.strip()
