"""Whatever the data of a card holds, every press gets a card and nothing changes by it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.verbs import Verb
from tests.conversations.journeys import address, install
from tests.conversations.scenes import (
    LATER,
    Kept,
    ask,
    assert_words,
    card_of,
    decided,
    now,
    summary,
)
from tests.conversations.stage import (
    ARNO,
    BERT,
    HILDE,
    INES,
    JAN,
    MARLEEN,
    MONDAY_MORNING,
    NORA,
    RIK,
    SOFIE,
    TOM,
    Stage,
    eventually,
    object_id,
    open_stage,
)
from tests.fakes.teams_client import HttpAnswer
from tests.hostile import FORGED_KEYS

EXAMPLES = 15
"""For each of the verbs, so that all of them together see more than 300."""

SQL = ("' or '1'='1", "'; drop table request; --", "%s", "\\", "$1", "{request}", "../..")
Data = Mapping[str, str | int]


@dataclass(frozen=True)
class Press:
    """One press with data that no card of ours has, or by somebody it is not meant for.

    Seals are no part of it: this is about what lies behind them.
    """

    who: int
    verb: str
    data: dict[str, object]


@dataclass(frozen=True)
class Button:
    """A button that would work: for whom, with which data, and what of that it cannot miss."""

    who: int
    data: Data
    needed: tuple[str, ...]


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    """The whole bot, looking seldom at preconditions: only people change something."""
    async with open_stage(tmp_path, database_url, recheck_s=600) as opened:
        install(opened)
        yield opened


async def test_data_that_no_card_writes_changes_nothing(stage: Stage) -> None:
    buttons = await _buttons(stage)
    assert set(buttons) == set(Verb)
    before, seen, presses = await Kept.of(stage), len(await stage.audit()), 0

    async def check(press: Press) -> None:
        nonlocal presses
        presses += 1
        answer = await _behind_the_seal(stage, press)
        assert_words(card_of(answer))
        assert await Kept.of(stage) == before

    for verb, button in buttons.items():
        await _for_all(_presses(verb, button), check)

    assert presses >= 300
    rows = [row for row in (await stage.audit())[seen:] if row["actor"] is not None]
    assert {row["kind"] for row in rows} == {"refused"}
    assert len(rows) <= presses
    assert not any(set(row["params"]) - {"verb", "error"} for row in rows)


async def test_answers_that_no_form_sends_send_nothing(stage: Stage) -> None:
    message = await summary(stage, colleague=address(TOM))
    first = message.card["actions"][0]["data"]
    draft = stage.person(MARLEEN).opened(first)["draft"]
    before = await Kept.of(stage)

    async def check(press: Press) -> None:
        answer = await _behind_the_seal(stage, press)
        assert_words(card_of(answer))
        after = await Kept.of(stage)
        assert (after.requests, after.licences) == (before.requests, before.licences)
        assert set(after.drafts) == set(before.drafts)

    for verb, fields in (
        (Verb.DRAFT_FILL, ("colleague", "target", "effective_on", "status_changes", "wish")),
        (Verb.DRAFT_FILL, ("effective_text",)),
        (Verb.DRAFT_ANSWER, ("question", "value")),
        (Verb.DRAFT_CHOOSE, ("colleague",)),
    ):
        await _for_all(_answers(verb, draft, fields), check)


async def test_press_of_another_shape_gets_a_card_as_well(stage: Stage) -> None:
    async def check(value: object) -> None:
        client = stage.person(ARNO)
        activity = client.activity(type="invoke", name="adaptiveCard/action", value=value)
        card_of(await client.post(activity))
        assert (await Kept.of(stage)).requests == {}

    shapes = st.one_of(
        junk,
        st.fixed_dictionaries({"action": junk}),
        st.fixed_dictionaries(
            {"action": st.fixed_dictionaries({}, optional={"verb": junk, "data": junk})}
        ),
    )
    await _for_all(shapes.filter(lambda value: value is not None), check, examples=40)


async def test_invoke_that_is_no_press_is_answered_without_a_fault(stage: Stage) -> None:
    client = stage.person(ARNO)
    for name in ("task/fetch", "signin/verifyState", "composeExtension/query", "x"):
        answer = await client.post(client.activity(type="invoke", name=name, value={}))
        assert answer.status == 501


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
junk: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(SQL),
    st.sampled_from(("x", "\u202e", "0123456789abcdef" * 2)).map(lambda text: text * 1500),
    st.lists(texts, max_size=3),
    st.dictionaries(texts, texts, max_size=3),
)


async def _behind_the_seal(stage: Stage, press: Press) -> HttpAnswer:
    """Press with everything both sealed and typed: neither may do harm."""
    client = stage.person(press.who)
    return await client.execute(
        press.verb, {**press.data, **client.sealed(press.verb, press.data)}
    )


def _presses(verb: str, button: Button) -> st.SearchStrategy[Press]:
    extra = st.dictionaries(st.sampled_from(FORGED_KEYS), junk, max_size=4)
    spoiled = (
        _spoiled(button).map(lambda data: (button.who, data))
        if button.needed
        else st.just((button.who, dict(button.data)))
    )
    strangers = st.sampled_from([HILDE, RIK]).map(lambda who: (who, dict(button.data)))
    # A stranger who may ask for moves could begin a draft of their own, which is no harm.
    whole = spoiled if verb == Verb.DRAFT_OPEN else st.one_of(spoiled, spoiled, strangers)
    return st.builds(
        lambda pressed, more: Press(pressed[0], verb, {**more, **pressed[1]}), whole, extra
    )


@st.composite
def _spoiled(draw: st.DrawFn, button: Button) -> dict[str, object]:
    """Return data in which at least one thing that the button needs is missing or wrong."""
    data: dict[str, object] = dict(button.data)
    broken = draw(st.lists(st.sampled_from(button.needed), min_size=1, unique=True))
    for key in broken:
        good = button.data[key]
        del data[key]
        if draw(st.booleans()):
            wrong = st.one_of(st.sampled_from(_near(good)), junk)
            data[key] = draw(wrong.filter(_differs_from(good)))
    return data


def _near(good: str | int) -> list[object]:
    """Return what is nearly right; a careless reader would take it for right."""
    near: list[object] = [f"{good}\n", f" {good}", [good], {"id": good}]
    if isinstance(good, int):
        return [*near, float(good), str(good), good == 1, good + 1]
    return [*near, good[:-1], f"{good}0", good.upper()]


def _differs_from(good: str | int) -> Callable[[object], bool]:
    return lambda value: type(value) is not type(good) or value != good


def _answers(verb: str, draft: str, fields: tuple[str, ...]) -> st.SearchStrategy[Press]:
    near = st.sampled_from(
        ("", " ", "OVO000102", "ovo000102", "keep", "KEEP", "yes", LATER, "wish", "target")
    )
    known = st.sampled_from((address(JAN), "Jan Peeters", str(object_id(JAN)), "1"))
    values = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, near | known | junk))
    return values.map(lambda data: Press(MARLEEN, verb, {"draft": draft, **data}))


async def _for_all(
    strategy: st.SearchStrategy[Any],
    check: Callable[[Any], Awaitable[None]],
    *,
    examples: int = EXAMPLES,
) -> None:
    """Check every example in the loop of the bot; hypothesis itself works beside it."""
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def law(example: Any) -> None:
        asyncio.run_coroutine_threadsafe(_awaited(check(example)), loop).result()

    await asyncio.to_thread(law)


async def _awaited(thing: Awaitable[None]) -> None:
    await thing


async def _buttons(stage: Stage) -> dict[Verb, Button]:
    """Return every button as it would work, on requests in the states that it is for."""
    to_confirm = await ask(stage, colleague=address(JAN))
    await decided(stage, ARNO, to_confirm, "decision.not_keep_sure")
    today = MONDAY_MORNING.date().isoformat()
    stopped = await ask(stage, colleague=address(INES), effective_on=today)
    await decided(stage, ARNO, stopped, "decision.keep")

    async def is_stopped() -> bool:
        return (await now(stage, stopped)).state == "attention"

    await eventually(is_stopped)
    asked = await ask(stage, colleague=address(TOM))
    listed = await ask(stage, colleague=address(NORA), status_changes="yes", wish="not_keep")
    message = await summary(stage, colleague=address(BERT))
    held = [stage.person(MARLEEN).opened(each["data"]) for each in message.card["actions"]]
    submit = next(each for each in held if "version" in each)

    about: Data = {"request": asked.id, "round": 1}
    views = {"decision.not_keep", "decision.refuse", "decision.back"}
    deciding = {
        verb: Button(
            ARNO,
            {**about, "reason": "Neen"},
            ("request",) if verb in views else ("request", "round"),
        )
        for verb in Verb
        if verb.startswith("decision.")
    }
    drafting = {
        verb: Button(MARLEEN, {"draft": submit["draft"], "colleague": "", "value": ""}, ("draft",))
        for verb in Verb
        if verb.startswith("draft.")
    }
    task: Data = {"request": stopped.id, "round": 1, "position": 0}
    by_hand = {
        verb: Button(SOFIE, task, ("request", "position"))
        for verb in Verb
        if verb.startswith("hand.")
    }
    item: Data = {"request": listed.id, "round": 1, "item": "deactivate"}
    on_lists = {
        verb: Button(MARLEEN, item, ("request", "item"))
        for verb in Verb
        if verb.startswith("checklist.")
    }
    return {
        **on_lists,
        **deciding,
        **drafting,
        **by_hand,
        Verb.DRAFT_OPEN: Button(MARLEEN, {}, ()),
        Verb.DRAFT_SUBMIT: Button(
            MARLEEN,
            {"draft": submit["draft"], "version": submit["version"]},
            ("draft", "version"),
        ),
        Verb.OUTCOME_CONFIRM: Button(
            MARLEEN, {"request": to_confirm.id, "round": 1}, ("request", "round")
        ),
        Verb.REQUEST_SHOW: Button(MARLEEN, about, ("request",)),
        Verb.REQUEST_WITHDRAW: Button(MARLEEN, about, ("request",)),
        Verb.REQUEST_WITHDRAW_SURE: Button(MARLEEN, about, ("request",)),
        Verb.WORK_RESUME: Button(SOFIE, {"request": stopped.id, "round": 1}, ("request",)),
        Verb.PLAN_SHOW: Button(MARLEEN, about, ("request",)),
        Verb.UNDO_ASK: Button(SOFIE, {"request": stopped.id, "round": 1}, ("request",)),
        Verb.UNDO_SURE: Button(
            SOFIE,
            {"request": stopped.id, "round": 1, "state": "attention"},
            ("request", "state"),
        ),
        Verb.HELP: Button(TOM, {}, ()),
        Verb.LIST_MINE: Button(TOM, {}, ()),
        Verb.LIST_WAITING: Button(TOM, {}, ()),
    }
