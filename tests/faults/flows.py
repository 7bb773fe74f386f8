"""What people do in these tests, and what must be true afterwards however often the bot died."""

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.clock import demo_clock
from bot.settings import Mode
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
    """Something to kill the processes in.

    Attributes:
        mode: Live where no order is carried out: only local mode has a working day always.
        before: What comes before the first kill.
        play: What goes on while processes are killed; people repeat what was not answered.
        state: What the request comes to.
        workers: Processes that do the jobs; with none of them the bot does.
    """

    name: str
    mode: Mode
    before: Callable[[Scene], Coroutine[Any, Any, None]]
    play: Callable[[Scene], Coroutine[Any, Any, None]]
    state: str
    workers: int = 0


async def _nothing(_: Scene) -> None:
    """Begin at the beginning."""


async def _until_sent(scene: Scene) -> None:
    await everybody_joins(scene)
    await half_fill(scene)
    await fill(scene, wish="keep", effective_on=next_day())
    await submit(scene)
    await scene.card_with(BRITT, "decision.keep")


async def _asked_to_keep(scene: Scene) -> None:
    await _asked(scene, wish="keep", effective_on=next_day())


async def _asked_to_let_go(scene: Scene) -> None:
    await _asked(scene, wish="not_keep", effective_on=next_day())


async def _asked(scene: Scene, *, wish: str, effective_on: date) -> None:
    await everybody_joins(scene)
    await fill(scene, wish=wish, effective_on=effective_on)
    await submit(scene)
    await scene.card_with(BRITT, "decision.keep")
    await scene.at_rest()


async def order_asked(scene: Scene) -> None:
    """Come to an order A that waits for its decision and can then be carried out at once."""
    await _asked(scene, wish="keep", effective_on=today())


async def _ordered_a(scene: Scene) -> None:
    await order_asked(scene)
    await _decided_without_worker(scene, keep)


async def _ordered_b(scene: Scene) -> None:
    await _asked(scene, wish="not_keep", effective_on=today())
    await _decided_without_worker(scene, not_keep)


async def _decided_without_worker(
    scene: Scene, decide: Callable[[Scene], Coroutine[Any, Any, None]]
) -> None:
    """Leave everything that follows from the decision to be done."""
    await scene.restart(WORKER=False)
    await decide(scene)
    await scene.bot.kill()
    scene.bot.settings = {**scene.bot.settings, "WORKER": True}


async def _let_work(scene: Scene) -> None:
    await scene.bot.start()


async def _filled(scene: Scene) -> None:
    await everybody_joins(scene)
    await fill(scene, wish="keep", effective_on=today())


async def _submit_and_keep(scene: Scene) -> None:
    await submit(scene)
    await keep(scene)


SUBMIT = Flow("submit", Mode.LIVE, _nothing, _until_sent, "submitted")
KEEP = Flow("decide to keep", Mode.LIVE, _asked_to_keep, keep, "scheduled")
NOT_KEEP = Flow("decide not to keep", Mode.LIVE, _asked_to_let_go, not_keep, "scheduled")
ORDER_A = Flow("fulfil order A", Mode.LOCAL, _ordered_a, _let_work, "done")
ORDER_B = Flow("fulfil order B", Mode.LOCAL, _ordered_b, _let_work, "done")
TWO_PROCESSES = Flow(
    "submit to done, worker apart", Mode.LOCAL, _filled, _submit_and_keep, "done", workers=1
)
FLOWS = (SUBMIT, KEEP, NOT_KEEP, ORDER_A, ORDER_B, TWO_PROCESSES)


async def finish(scene: Scene, state: str) -> None:
    """Wait until the request is in a state and everything that follows has happened."""
    await scene.in_state(state)
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
    """Somebody can decide for as long as that is asked, and nobody afterwards."""
    if await scene.rows("select id from request where state = 'submitted'"):
        for number in (ARNO, BRITT):
            assert any(map(_decides, scene.person(number).inbox)), "a decider was not asked"
        return
    tracked = {row["activity_id"] for row in await scene.rows("select activity_id from sent_card")}
    for number in (ARNO, BRITT):
        for message in filter(_decides, scene.person(number).inbox):
            # Sent at the very moment of a kill, so that nobody knows where it is.
            assert message.id not in tracked, f"{message.id} still asks"
            await scene.press(number, message, "decision.keep")
            assert not _decides(message), "an old card was pressed and does not tell the truth"


def _decides(message: Message) -> bool:
    return any(has_button(message, verb) for verb in _DECIDE)
