"""Turns of people over real HTTP with authentication on."""

import pytest
from structlog.testing import capture_logs

from dialogs.turn import IncomingKind, Reply, Standing
from store.conversation_references import ConversationReference
from tests.fakes.echo_conversation import echo_card
from tests.unit.edge.conftest import ANN, BEN, TENANT_ID, Edge


async def test_message_is_answered_with_a_card_in_the_chat(edge: Edge) -> None:
    (message,) = await edge.client().say("status")

    assert message.card == edge.sent(echo_card("status", turn=1))
    assert message.body["summary"] == "status"
    incoming = edge.conversation.heard[0]
    assert incoming.kind is IncomingKind.MESSAGE
    assert (incoming.person, incoming.name) == (ANN.object_id, "Ann Peeters")
    assert incoming.personal
    assert incoming.conversation_id == ANN.conversation_id


async def test_press_is_answered_with_the_next_card_in_place(edge: Edge) -> None:
    client = edge.client()
    (message,) = await client.say("status")

    card = await client.press(message, "Again", note="hallo")

    assert card == edge.sent(echo_card("echo.again", turn=2))
    assert client.last.card == card
    assert len(client.inbox) == 1
    incoming = edge.conversation.heard[1]
    assert incoming.kind is IncomingKind.PRESS
    assert (incoming.verb, incoming.data) == ("echo.again", {"turn": 1})
    assert incoming.inputs == {"note": "hallo"}


async def test_further_cards_of_a_press_come_as_messages(edge: Edge) -> None:
    client = edge.client()
    (message,) = await client.say("status")
    edge.conversation.reply = Reply(cards=(echo_card("one"), echo_card("two")), summary="s")

    assert await client.press(message, "echo.again") == edge.sent(echo_card("one"))

    assert [m.card for m in client.inbox] == [
        edge.sent(echo_card("one")),
        edge.sent(echo_card("two")),
    ]


async def test_submit_of_an_old_client_is_a_press_answered_by_message(edge: Edge) -> None:
    client = edge.client()
    (message,) = await client.say("status")

    (answer,) = await client.submit(message, "Again", note="hallo")

    assert answer.card == edge.sent(echo_card("echo.again", turn=2))
    incoming = edge.conversation.heard[1]
    assert incoming.kind is IncomingKind.PRESS
    assert (incoming.verb, incoming.data) == ("echo.again", {"turn": 1})
    assert incoming.inputs == {"note": "hallo"}


async def test_one_installation_is_one_welcome(edge: Edge) -> None:
    (welcome,) = await edge.client().join()

    assert welcome.card == edge.sent(echo_card("joined", turn=1))
    assert [incoming.kind for incoming in edge.conversation.heard] == [IncomingKind.JOINED]


async def test_removal_of_the_bot_is_no_act_and_renews_no_reference(edge: Edge) -> None:
    client = edge.client()

    answer = await client.post(client.activity(type="installationUpdate", action="remove"))

    assert answer.status == 200
    assert edge.conversation.heard == []
    assert edge.references.remembered == []


@pytest.mark.parametrize("kind", ["typing", "messageReaction", "event", "trace", "somethingNew"])
async def test_other_activities_are_taken_and_ignored(edge: Edge, kind: str) -> None:
    client = edge.client()

    answer = await client.post(client.activity(type=kind))

    assert answer.status == 200
    assert edge.conversation.heard == []
    assert edge.count("activities", kind="ignored") == 1


@pytest.mark.parametrize("name", ["task/fetch", "composeExtension/query", "signin/verifyState"])
async def test_unknown_invoke_is_not_implemented(edge: Edge, name: str) -> None:
    client = edge.client()

    answer = await client.post(client.activity(type="invoke", name=name, value={"a": 1}))

    assert (answer.status, answer.body) == (501, "")
    assert edge.conversation.heard == []


async def test_expect_replies_is_refused(edge: Edge) -> None:
    client = edge.client()

    answer = await client.post(
        client.activity(type="message", text="hi", deliveryMode="expectReplies")
    )

    assert answer.status == 400
    assert edge.conversation.heard == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        "text",
        5,
        {"action": None},
        {"action": "x"},
        {"action": {"data": {}}},
        {"action": {"verb": 5, "data": {}}},
        {"action": {"verb": "", "data": {}}},
        {"action": {"verb": ["a"], "data": {}}},
        {"action": {"verb": "v", "data": "x"}},
        {"action": {"verb": "v", "data": [1]}},
    ],
)
async def test_malformed_press_reaches_the_conversation_without_a_verb(
    edge: Edge, value: object
) -> None:
    client = edge.client()
    activity = {**client.activity(type="invoke", name="adaptiveCard/action"), "value": value}

    answer = await client.post(activity)

    assert answer.status == 200
    assert answer.body["type"] == "application/vnd.microsoft.card.adaptive"
    [heard] = edge.conversation.heard
    assert (heard.verb, heard.data, heard.inputs) == ("", {}, {})
    assert edge.count("refused_seals", reason="broken") == 1


@pytest.mark.parametrize("data", [None, {}, {"turn": 1}, {"seal": "x"}, {"seal": "x.y", "a": 1}])
async def test_press_without_a_seal_of_ours_has_no_verb_and_no_data(
    edge: Edge, data: object
) -> None:
    await edge.client().execute("echo.again", data)

    [heard] = edge.conversation.heard
    assert (heard.verb, heard.data, heard.inputs) == ("", {}, {})
    assert heard.standing is Standing.BROKEN
    assert edge.count("refused_seals", reason="broken") == 1


async def test_press_of_an_expired_button_keeps_what_it_was_about(edge: Edge) -> None:
    client = edge.client()
    (message,) = await client.say("status")
    edge.clock.advance(days=1, hours=1)
    client.new_token()

    await client.press(message, "Again", note="hallo")

    heard = edge.conversation.heard[1]
    assert (heard.verb, heard.data, heard.inputs) == ("echo.again", {"turn": 1}, {"note": "hallo"})
    assert heard.standing is Standing.EXPIRED
    assert edge.count("refused_seals", reason="expired") == 1


async def test_button_of_somebody_else_is_broken(edge: Edge) -> None:
    (message,) = await edge.client(BEN).say("status")

    await edge.client().press(message, "Again")

    heard = edge.conversation.heard[1]
    assert (heard.person, heard.verb, heard.data) == (ANN.object_id, "", {})
    assert heard.standing is Standing.BROKEN


@pytest.mark.parametrize("value", [{"no": "verb"}, {"verb": 7}])
async def test_submit_without_verb_reaches_the_conversation_without_one(
    edge: Edge, value: object
) -> None:
    client = edge.client()

    await client.post(client.activity(type="message", value=value))

    [heard] = edge.conversation.heard
    assert (heard.verb, heard.data) == ("", {})


async def test_fault_in_a_message_is_answered_with_a_problem_card(edge: Edge) -> None:
    edge.conversation.fault = RuntimeError("Jan Janssens")

    with capture_logs() as logs:
        (message,) = await edge.client().say("status")

    assert message.card == edge.sent(echo_card("problem c-1"))
    assert edge.count("failed_turns") == 1
    (entry,) = [entry for entry in logs if entry["event"] == "turn failed"]
    assert entry["error"] == "RuntimeError"
    assert entry["where"][-1].startswith("echo_conversation.py:")
    assert "Janssens" not in str(logs)


async def test_fault_in_a_press_is_answered_with_a_problem_card(edge: Edge) -> None:
    edge.conversation.fault = KeyError("x")

    answer = await edge.client().execute("v", {})

    assert answer.status == 200
    assert answer.body["value"] == edge.sent(echo_card("problem c-1"))


async def test_press_answered_without_card_is_a_fault_of_ours(edge: Edge) -> None:
    edge.conversation.reply = Reply(summary="only words")

    answer = await edge.client().execute("v", {})

    assert answer.body["value"] == edge.sent(echo_card("problem c-1"))
    assert edge.count("failed_turns") == 1


async def test_words_without_card_are_a_plain_message(edge: Edge) -> None:
    edge.conversation.reply = Reply(summary="only words")

    (message,) = await edge.client().say("hi")

    assert (message.text, message.has_card) == ("only words", False)


async def test_silence_sends_nothing(edge: Edge) -> None:
    edge.conversation.reply = Reply()

    assert await edge.client().say("hi") == []


async def test_undelivered_reply_is_counted_and_the_turn_ends_well(edge: Edge) -> None:
    edge.connector.block(ANN.conversation_id, 403)

    assert await edge.client().say("status") == []

    assert edge.count("undelivered_replies", reason="UnreachableError") == 1
    assert edge.count("failed_turns") == 0


async def test_reference_of_a_personal_chat_is_remembered(edge: Edge) -> None:
    client = edge.client()
    await client.say("status")

    assert edge.references.remembered == [
        ConversationReference(
            person=edge.conversation.heard[0].person,
            conversation_id=ANN.conversation_id,
            service_url=edge.connector.url,
            tenant_id=TENANT_ID,
            bot_id=client.activity()["recipient"]["id"],
            account_id=ANN.account_id,
        )
    ]


@pytest.mark.parametrize(
    "conversation",
    [
        {"id": "19:g@thread.v2", "conversationType": "groupChat", "isGroup": True},
        {"id": "19:c@thread.tacv2", "conversationType": "channel", "isGroup": True},
        {"id": "19:c@thread.tacv2", "conversationType": "channel"},
        {"id": "a:1", "isGroup": True},
    ],
)
async def test_group_is_not_personal_and_not_remembered(
    edge: Edge, conversation: dict[str, object]
) -> None:
    client = edge.client()
    activity = client.activity(
        type="message", text="hi", conversation={**conversation, "tenantId": TENANT_ID}
    )

    assert (await client.post(activity)).status == 200

    assert not edge.conversation.heard[0].personal
    assert edge.references.remembered == []
    assert len(edge.connector.sent(str(conversation["id"]))) == 1


async def test_mention_of_the_bot_is_taken_out_of_the_text(edge: Edge) -> None:
    client = edge.client()
    bot = client.activity()["recipient"]
    entities = [
        {"type": "mention", "text": "<at>bot (1.*)</at>", "mentioned": bot},
        {"type": "mention", "text": "<at>Ben</at>", "mentioned": {"id": BEN.account_id}},
        {"type": "mention"},
    ]

    await client.say("<at>bot (1.*)</at> status <at>Ben</at>", entities=entities)

    assert edge.conversation.heard[0].text == "status <at>Ben</at>"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("text/html", False), ("application/vnd.microsoft.teams.file.download.info", True)],
)
async def test_only_real_attachments_count(
    edge: Edge, content_type: str, *, expected: bool
) -> None:
    await edge.client().say("x", attachments=[{"contentType": content_type, "content": "<p>"}])

    assert edge.conversation.heard[0].has_attachment is expected


async def test_long_text_arrives_whole(edge: Edge) -> None:
    await edge.client().say("é" * 10_000)

    assert edge.conversation.heard[0].text == "é" * 10_000


async def test_upper_case_object_id_is_the_same_person(edge: Edge) -> None:
    client = edge.client()
    sender = {"id": ANN.account_id, "aadObjectId": ANN.object_id.upper()}

    await client.say("hi", **{"from": sender})

    assert edge.conversation.heard[0].person == ANN.object_id
    assert edge.conversation.heard[0].name == ""
