"""Names, reasons and messages are shown as they were typed, never as markup."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from bot.demo import DEMO_REGISTER
from fulfilment.tenants.simulated.objects import Body
from fulfilment.tenants.simulated.records import Kind
from mutations.request import MutationRequest
from tests.conversations.journeys import address, install
from tests.conversations.scenes import (
    answer_to,
    ask,
    assert_problem,
    assert_words,
    card_about,
    decided,
    fill,
    nothing_changes,
    now,
    open_form,
)
from tests.conversations.stage import (
    ARNO,
    BRITT,
    HILDE,
    INES,
    JAN,
    MARLEEN,
    MONDAY_MORNING,
    SOFIE,
    TOM,
    Stage,
    eventually,
    object_id,
    open_stage,
)
from tests.fakes.bot_connector import Message

COLLEAGUE = "Jan **Baas** [klik](https://kwaad.example) <at>Iedereen</at>"
GROUP = "_Groep_ `x` ~~weg~~ www.kwaad.example"
MARLEENS = "Marleen [Claes](javascript:alert(1)) *ster*"
ARNOS = "Arno \u202etxt.exe\u202c <b>Wouters</b> ![x](https://kwaad.example/x.png)"
REASON = (
    "# Neen\n\n- [hier](https://kwaad.example)\n1. <at>Marleen</at> **nu** {{DATE(2026)}} \u2066"
)
MESSAGE = "<at>bot</at> **vet** [klik](https://kwaad.example) \u202e _x_ &lt;b&gt; {0} ${y}"

BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
LINK = re.compile(r"(?<!\\):(?=//)|www\.", re.IGNORECASE)
MENTION = re.compile(r"<\s*/?\s*[a-z]", re.IGNORECASE)
MARKDOWN = MarkdownIt("commonmark").enable("strikethrough")
# Our own texts make words bold and begin paragraphs; nothing else comes from us.
OWN_TAGS = frozenset({"p", "/p", "strong", "/strong", "br /", "br"})


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot among people with names that are meant to do harm."""
    register = tmp_path / "hostile.toml"
    text = DEMO_REGISTER.read_text(encoding="utf-8")
    for name, hostile in (("Marleen Claes", MARLEENS), ("Arno Wouters", ARNOS)):
        text = text.replace(f'name = "{name}"', f"name = '{hostile}'")
    register.write_text(text, encoding="utf-8")
    async with open_stage(tmp_path, database_url, MUTATIEBOT_REGISTER=register) as opened:
        await _rename(opened, Kind.ACCOUNT, object_id(JAN), COLLEAGUE)
        await _rename(opened, Kind.GROUP, "00000000-0000-4000-a000-000000000001", GROUP)
        install(opened)
        yield opened


@pytest.mark.case("M01")
async def test_hostile_names_are_shown_literally_from_form_to_done(stage: Stage) -> None:
    marleen = stage.person(MARLEEN)
    form = await open_form(marleen)
    await fill(marleen, form, colleague=address(JAN), effective_on=_today(), wish="not_keep")
    _assert_shows_literally(form.card, COLLEAGUE, GROUP)
    await marleen.press(form, "draft.edit")
    _assert_harmless(form.card)
    await fill(marleen, form, colleague=address(JAN), effective_on=_today(), wish="not_keep")
    await marleen.press(form, "draft.submit")
    request = await stage.request("M-2026-00001")
    question = await card_about(stage, BRITT, request)
    _assert_shows_literally(question.card, COLLEAGUE, MARLEENS)
    second = await stage.person(BRITT).press(question, "decision.not_keep")
    _assert_shows_literally(second, COLLEAGUE, GROUP)

    final = await decided(stage, ARNO, request, "decision.not_keep_sure")
    _assert_shows_literally(final, COLLEAGUE, ARNOS)
    await eventually(lambda: _state(stage, request, "done"))
    for who in (MARLEEN, ARNO, BRITT, JAN, SOFIE):
        for text in ("mijn aanvragen", f"status {request.number}", "wat wacht op mij?"):
            await stage.person(who).say(text)
    _assert_everything_harmless(stage)
    assert any(_shows(message.card, COLLEAGUE) for message in stage.person(MARLEEN).inbox)


@pytest.mark.case("M01")
async def test_hostile_names_are_shown_literally_where_no_order_or_a_person_is_needed(
    stage: Stage,
) -> None:
    marleen = stage.person(MARLEEN)
    for answers in ({"target": "OVO000106"}, {"status_changes": "yes", "wish": "not_keep"}):
        form = await open_form(marleen)
        card = await fill(marleen, form, **answers)
        _assert_shows_literally(card, COLLEAGUE)
        _assert_shows_literally(await marleen.press(form, "draft.submit"), COLLEAGUE)
    await _rename(stage, Kind.ACCOUNT, object_id(INES), COLLEAGUE)
    request = await ask(stage, colleague=address(INES), effective_on=_today())
    await decided(stage, ARNO, request, "decision.keep")
    help_asked = await card_about(stage, SOFIE, request)

    _assert_shows_literally(help_asked.card, COLLEAGUE, MARLEENS)
    _assert_everything_harmless(stage)


@pytest.mark.case("M01")
async def test_reason_of_a_refusal_is_shown_literally_to_everybody(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    other = await card_about(stage, BRITT, request)
    final = await decided(stage, ARNO, request, "decision.refuse_sure", reason=REASON)
    _assert_shows_literally(final, REASON, ARNOS)
    await eventually(lambda: _shows(other.card, REASON))
    told = await eventually(lambda: _with(stage.person(MARLEEN).inbox, REASON))

    _assert_shows_literally(told.card, REASON, ARNOS)
    assert (await now(stage, request)).decision.reason == REASON.strip()  # type: ignore[union-attr]
    _assert_everything_harmless(stage)


async def test_reason_of_full_length_reaches_the_requester_whole(stage: Stage) -> None:
    request = await ask(stage, colleague=address(TOM))
    reason = "Eerst " + "lang " * 190 + "en dan het einde."
    await decided(stage, ARNO, request, "decision.refuse_sure", reason=reason)

    told = await eventually(lambda: _with(stage.person(MARLEEN).inbox, "en dan het einde."))
    _assert_shows_literally(told.card, reason)


@pytest.mark.case("M01", "P07")
async def test_typed_markup_is_repeated_literally_and_decides_nothing(stage: Stage) -> None:
    marleen, hilde = stage.person(MARLEEN), stage.person(HILDE)
    async with nothing_changes(stage):
        for text in (
            MESSAGE,
            f"status {MESSAGE}",
            "status <at>Jan</at>",
            "'; drop table request;--",
        ):
            answer = await answer_to(hilde, text)
            _assert_harmless(answer.card)
        unknown = await answer_to(hilde, f"status {COLLEAGUE}")
        assert_problem(unknown.card, "Ik vind geen aanvraag voor")
        _assert_shows_literally(unknown.card, COLLEAGUE)
    await marleen.say("nieuwe mutatie")
    for text, problem in ((MESSAGE, "Ik vind niemand met de naam"), ("{0} {naam}", "Ik vind")):
        answer = await answer_to(marleen, text)
        assert_words(answer.card, problem)
        _assert_shows_literally(answer.card, text)
    await marleen.say(address(TOM))
    for question, good in (("entiteit", "Departement Omgeving en Ruimte"), ("datum", "morgen")):
        answer = await answer_to(marleen, MESSAGE)
        assert_words(answer.card, question)
        _assert_shows_literally(answer.card, MESSAGE)
        await marleen.say(good)
    form = marleen.last
    await marleen.press(form, "draft.edit")
    card = await fill(
        marleen, form, colleague=MESSAGE, target=MESSAGE, effective_text=MESSAGE[:99]
    )
    _assert_shows_literally(card, MESSAGE)
    _assert_everything_harmless(stage)


async def test_name_in_the_activity_greets_harmlessly(stage: Stage) -> None:
    tom = stage.person(TOM)
    sender = {**tom.activity(type="message")["from"], "name": COLLEAGUE}
    answer = await answer_to(tom, "hallo", **{"from": sender})
    _assert_shows_literally(answer.card, COLLEAGUE)
    long = {**sender, "name": "**" + "x" * 500}
    answer = await answer_to(tom, "hallo", **{"from": long})
    _assert_everything_harmless(stage)


async def test_notifications_are_plain_text(stage: Stage) -> None:
    """The summary of a message is shown by the system of a phone, which knows no markdown."""
    hilde = stage.person(HILDE)
    for text, words in (
        ("status Jan [x]", "Ik vind geen aanvraag voor Jan [x]"),
        ("status M-2026-00042", "Die aanvraag vind ik niet"),
    ):
        answer = await answer_to(hilde, text)
        summary = answer.body["summary"]
        assert words in summary
        assert "\\" not in summary
        assert "**" not in summary


async def _rename(stage: Stage, kind: Kind, key: str, name: str) -> None:
    def renamed(body: Body | None) -> Body | None:
        assert body is not None
        return {**body, "name": name}

    moment = stage.clock.now()
    await stage.bot.storage.simulated_objects.change(kind, key, renamed, moment, moment)


async def _state(stage: Stage, request: MutationRequest, state: str) -> bool:
    return (await now(stage, request)).state == state


def _assert_everything_harmless(stage: Stage) -> None:
    """Check every message that anybody has, and every one that was ever sent or changed."""
    bodies = [call.body for call in stage.world.connector.ledger if call.body]
    for client in stage.people.values():
        bodies += [message.body for message in client.inbox]
    assert bodies
    for body in bodies:
        assert not body.get("entities")
        for attachment in body.get("attachments", ()):
            _assert_harmless(attachment["content"])
        for words in (body.get("summary"), body.get("text")):
            assert not BIDI.search(words or "")
            assert not MENTION.search(words or "")


def _assert_shows_literally(card: Mapping[str, Any], *texts: str) -> None:
    _assert_harmless(card)
    for text in texts:
        assert _shows(card, text), f"{_literal(text)!r} not in {list(_visible(card))}"


def _assert_harmless(card: Mapping[str, Any]) -> None:
    for words in _rendered(card):
        html = MARKDOWN.render(words)
        tags = set(re.findall(r"<([^>]*)>", html))
        assert tags <= OWN_TAGS, f"{words!r} becomes {html!r}"
        assert not LINK.search(words.replace("\\.", "")), words
        assert "{{" not in words, words
    for words in (*_rendered(card), *_plain(card)):
        assert not BIDI.search(words), ascii(words)
        assert not MENTION.search(words), words
        assert "\n" not in words or words.startswith("**Projectaanvraag"), words


def _shows(card: Mapping[str, Any], text: str) -> bool:
    """Tell whether a text can be read on a card as it was typed, on one line."""
    return any(_literal(text) in words for words in _visible(card))


def _with(messages: list[Message], text: str) -> Message | None:
    return next((one for one in messages if one.has_card and _shows(one.card, text)), None)


def _literal(text: str) -> str:
    visible = BIDI.sub("", text).replace("<", "\u2039").replace(">", "\u203a")
    return " ".join(visible.split())


def _visible(card: Any) -> Iterator[str]:
    """Yield what a person reads on a card, line by line."""
    for words in _rendered(card):
        # What is bold on purpose is no part of the text; a tag is what markdown made of it.
        html = re.sub(r"</?(?:strong|p)>", "", MARKDOWN.render(words))
        plain = re.sub(r"&(amp|lt|gt|quot);", _entity, html)
        yield " ".join(plain.split())
    yield from _plain(card)


def _entity(match: re.Match[str]) -> str:
    return {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}[match[1]]


def _rendered(node: Any) -> Iterator[str]:
    """Yield the texts of a card that clients render as markdown."""
    if isinstance(node, list):
        for child in node:
            yield from _rendered(child)
    elif isinstance(node, dict):
        if node.get("type") == "TextBlock":
            yield node["text"]
        for fact in node.get("facts", ()):
            yield from (fact["title"], fact["value"])
        for name, child in node.items():
            if name not in {"data", "facts", "fallback"}:
                yield from _rendered(child)


def _plain(node: Any) -> Iterator[str]:
    """Yield the texts of a card that clients show as they are: buttons, labels, inputs."""
    if isinstance(node, list):
        for child in node:
            yield from _plain(child)
    elif isinstance(node, dict):
        if str(node.get("type", "")).startswith(("Action.", "Input.")):
            names = ("title", "label", "placeholder", "value", "errorMessage")
            yield from (str(node[name]) for name in names if node.get(name))
            yield from (choice["title"] for choice in node.get("choices", ()))
        for name, child in node.items():
            if name not in {"data", "choices", "fallback"}:
                yield from _plain(child)


def _today() -> str:
    return MONDAY_MORNING.date().isoformat()
