"""Good activities of every kind that Teams sends, to be spoilt."""

from typing import Any

from tests.battery.letter import Ground


def good_activities(ground: Ground) -> list[dict[str, Any]]:
    """Return one activity of each kind, all of which the gate admits."""
    return [_made(ground, changes) for changes in _kinds(ground)]


def _made(ground: Ground, changes: dict[str, Any]) -> dict[str, Any]:
    activity = ground.letter().activity
    del activity["text"]
    return {**activity, **changes}


def _kinds(ground: Ground) -> list[dict[str, Any]]:
    bot = {"id": f"28:{ground.app_id}", "name": "mutatiebot"}
    mention = {"type": "mention", "text": "<at>mutatiebot</at>", "mentioned": bot}
    html = {"contentType": "text/html", "content": "<p>status</p>"}
    press = {"type": "Action.Execute", "verb": "help.show", "data": {"verb": "help.show"}}
    return [
        {"type": "message", "text": "status"},
        {"type": "message", "text": "<at>mutatiebot</at> status", "entities": [mention, mention]},
        {"type": "message", "text": "status", "attachments": [html], "importance": "high"},
        {"type": "message", "text": "", "attachments": [{"contentType": "image/png"}]},
        {"type": "message", "value": {"verb": "list.mine", "seal": "x.y"}, "replyToId": "m-1"},
        {
            "type": "invoke",
            "name": "adaptiveCard/action",
            "value": {"action": press, "trigger": "manual"},
            "replyToId": "m-1",
        },
        {"type": "invoke", "name": "task/fetch", "value": {"data": {"x": 1}}},
        {"type": "installationUpdate", "action": "add"},
        {"type": "installationUpdate", "action": "remove"},
        {"type": "conversationUpdate", "membersAdded": [bot], "topicName": "x"},
        {"type": "conversationUpdate", "membersRemoved": [bot], "historyDisclosed": True},
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}], "replyToId": "m-1"},
        {"type": "typing"},
        {"type": "event", "name": "x", "value": [1], "code": "c", "expiration": "2027-01-01"},
    ]
