"""What people do in these tests, and what must be true afterwards however often the bot died."""

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.clock import demo_clock
from mutations.clock import local_date
from mutations.working_days import next_working_day
from tests.conversations.stage import ARNO, BRITT, JAN, MARLEEN, words_of
from tests.fakes.bot_connector import Message
from tests.faults.scene import Scene, has_button

EVERYBODY = (MARLEEN, ARNO, BRITT, JAN)
_DECIDE = ("decision.keep", "decision.not_keep", "decision.not_keep_sure", "decision.refuse")


def today() -> date:
    """Return today on the clock of a bot in local mode, a working day."""
    return local_date(demo_clock().now())


def next_day() -> date:
    """Return the first working day after today: an order for it waits, whatever day it is."""
    return next_working_day(today() + timedelta(days=1))


async def everybody_joins(scene: Scene) -> None:
    """Have all involved install the bot."""
    for number in EVERYBODY:
        await scene.join(number)


async def half_fill(scene: Scene) -> None:
    """Open the form and answer only who it is about."""
    form = await scene.say(MARLEEN, "nieuwe mutatie")
    await scene.press(
        MARLEEN, form, "draft.fill", colleague="jan.peeters@wegenwater.vlaanderen.example"
    )


async def fill(scene: Scene, *, wish: str, effective_on: date) -> None:
    """Open the form and answer everything."""
    form = await scene.say(MARLEEN, "nieuwe mutatie")
    await scene.press(
        MARLEEN,
        form,
        "draft.fill",
        colleague="jan.peeters@wegenwater.vlaanderen.example",
        target="OVO000102",
        effective_on=effective_on.isoformat(),
        status_changes="no",
        wish=wish,
    )


async def submit(scene: Scene) -> None:
    """Send what the summary shows."""
    await scene.press(MARLEEN, await scene.card_with(MARLEEN, "Indienen"), "Indienen")


async def keep(scene: Scene) -> None:
    """Decide to keep the data, with one click."""
    await scene.press(ARNO, await scene.card_with(ARNO, "decision.keep"), "decision.keep")


async def not_keep(scene: Scene) -> None:
    """Decide not to keep the data, with two clicks."""
    card = await scene.card_with(ARNO, "decision.not_keep")
    await scene.press(ARNO, card, "decision.not_keep")
    await scene.press(ARNO, card, "decision.not_keep_sure")


@dataclass(frozen=True)
class Flow:
    """Something to kill the bot in.

    Attributes:
        before: What comes before the first kill.
        play: What goes on while the bot is killed; people repeat what was not answered.
        tables: Where a commit is a kill point.
        state: What the request comes to.
    """

    name: str
    before: Callable[[Scene], Coroutine[Any, Any, None]]
    play: Callable[[Scene], Coroutine[Any, Any, None]]
    tables: tuple[str, ...]
    state: str


_FULFILMENT = ("request", "step_journal", "simulated_ledger", "retention_record")
_PEOPLE = ("conversation_reference", "draft", "request", "sent_card", "delivery")


async def _asked_a(scene: Scene) -> None:
    await everybody_joins(scene)
    await fill(scene, wish="keep", effective_on=today())
    await submit(scene)
    await scene.card_with(BRITT, "decision.keep")


async def _asked_b(scene: Scene) -> None:
    await everybody_joins(scene)
    await fill(scene, wish="not_keep", effective_on=today())
    await submit(scene)
    await scene.card_with(BRITT, "decision.keep")


async def _nothing(_: Scene) -> None:
    """Begin at the beginning."""


async def _whole_conversation(scene: Scene) -> None:
    await everybody_joins(scene)
    await half_fill(scene)
    await fill(scene, wish="keep", effective_on=next_day())
    await submit(scene)
    await keep(scene)


ORDER_A = Flow("order A", _asked_a, keep, _FULFILMENT, "done")
ORDER_B = Flow("order B", _asked_b, not_keep, _FULFILMENT, "done")
CONVERSATION = Flow("conversation", _nothing, _whole_conversation, _PEOPLE, "scheduled")


async def finish(scene: Scene, flow: Flow) -> None:
    """Wait until everything that follows has happened."""
    await scene.in_state(flow.state)
    await scene.at_rest()


async def summary(scene: Scene) -> Mapping[str, Any]:
    """Return what must be the same whether the bot was killed or not."""
    journal = await scene.rows("select name, target, state from step_journal order by position")
    audit = await scene.rows("select kind, actor from audit")
    # Who was asked to decide is not told again once the decision is there.
    deliveries = await scene.rows(
        "select kind, person, state from delivery where kind <> 'decision_asked'"
    )
    ledger = await scene.rows(
        "select operation, target, detail ->> 'aliases' as a from simulated_ledger"
    )
    objects = await scene.rows(
        "select kind, id, body #- '{mailbox,hold_since}' #- '{mailbox,hold_owner}'"
        " #- '{mailbox,hold_comment}' #- '{entitlements}' as body from simulated_object"
    )
    return {
        "requests": await scene.rows("select number, state, is_open, subject from request"),
        "drafts": await scene.rows("select person from draft"),
        "journal": [tuple(row.values()) for row in journal],
        "audit": Counter(tuple(row.values()) for row in audit),
        "messages": Counter(tuple(row.values()) for row in deliveries),
        "effects": Counter(tuple(row.values()) for row in ledger),
        "objects": {(row["kind"], row["id"]): row["body"] for row in objects},
        "retention": await scene.rows(
            "select subject, kind, starts_on, ends_on from retention_record"
        ),
        "reserved": await scene.rows("select entity, pool from licence_reservation order by pool"),
        "failed_jobs": await scene.rows(
            "select task_name from procrastinate_jobs where status in ('failed', 'doing')"
        ),
    }


async def newest_cards(scene: Scene) -> Mapping[tuple[str, str], str]:
    """Return what the newest card of each kind says to each person, without numbers."""
    rows = await scene.rows("select person, kind, activity_id from sent_card order by id")
    newest = {(row["person"], row["kind"]): row["activity_id"] for row in rows}
    return {
        key: re.sub(r"\d+", "#", words_of(scene.world.connector.current_card(card)))
        for key, card in newest.items()
    }


async def check(
    scene: Scene, undisturbed: Mapping[str, Any], cards: Mapping[tuple[str, str], str]
) -> None:
    """Compare with a run that was never killed: what is stored, and what people see."""
    seen = await summary(scene)
    for name, expected in undisturbed.items():
        assert seen[name] == expected, f"{name}: {seen[name]} instead of {expected}"
    assert set(seen["effects"].values()) <= {1}
    assert all(state == "verified" for _, _, state in seen["journal"])
    shown = await newest_cards(scene)
    for key, words in shown.items():
        assert words == cards[key], f"{key}: {words} instead of {cards[key]}"
    missing = set(cards) - set(shown)
    assert all(kind == "decision" for _, kind in missing), f"no cards: {missing}"
    await _check_cards(scene)


async def _check_cards(scene: Scene) -> None:
    """Nobody has a card in hand that still decides something."""
    tracked = {row["activity_id"] for row in await scene.rows("select activity_id from sent_card")}
    for number in (ARNO, BRITT):
        for message in filter(_decides, scene.person(number).inbox):
            # Sent at the very moment of a kill, so that nobody knows where it is.
            assert message.id not in tracked, f"{message.id} still asks"
            await scene.press(number, message, "decision.keep")
            assert not _decides(message), "an old card was pressed and does not tell the truth"


def _decides(message: Message) -> bool:
    return any(has_button(message, verb) for verb in _DECIDE)
