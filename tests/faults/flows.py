"""What people do in these tests: asking for a move, deciding, and letting the bot work."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from bot.clock import demo_clock
from bot.settings import Mode
from mutations.clock import local_date
from mutations.working_days import next_working_day
from tests.conversations.stage import ARNO, BRITT, JAN, MARLEEN, SOFIE
from tests.faults.scene import Scene

EVERYBODY = (MARLEEN, ARNO, BRITT, JAN, SOFIE)

Act = Callable[[Scene], Coroutine[Any, Any, None]]
"""Something that people do."""


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


async def fill(
    scene: Scene, *, wish: str, effective_on: date, status_changes: bool = False
) -> None:
    """Open the form and answer everything."""
    form = await scene.say(MARLEEN, "nieuwe mutatie")
    await scene.press(
        MARLEEN,
        form,
        "draft.fill",
        colleague="jan.peeters@wegenwater.vlaanderen.example",
        target="OVO000102",
        effective_on=effective_on.isoformat(),
        status_changes="yes" if status_changes else "no",
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
        takes_back: Whether the tenant must be in the end as it was before anything was asked.
        is_real: Whether the tenant is the fake Microsoft 365 one.
    """

    name: str
    mode: Mode
    before: Act
    play: Act
    state: str
    workers: int = 0
    takes_back: bool = False
    is_real: bool = False


async def _nothing(_: Scene) -> None:
    """Begin at the beginning."""


async def _until_sent(scene: Scene) -> None:
    await everybody_joins(scene)
    await half_fill(scene)
    await fill(scene, wish="keep", effective_on=next_day())
    await submit(scene)
    await scene.card_with(BRITT, "decision.keep")


async def _asked_to_keep(scene: Scene) -> None:
    await asked(scene, wish="keep", effective_on=next_day())


async def _asked_to_let_go(scene: Scene) -> None:
    await asked(scene, wish="not_keep", effective_on=next_day())


async def asked(
    scene: Scene, *, wish: str, effective_on: date, status_changes: bool = False
) -> None:
    """Come to a request that waits for its decision, with nothing else under way."""
    await everybody_joins(scene)
    await fill(scene, wish=wish, effective_on=effective_on, status_changes=status_changes)
    await submit(scene)
    await scene.card_with(BRITT, "decision.keep")
    await scene.at_rest()


async def order_asked(scene: Scene) -> None:
    """Come to an order A that waits for its decision and can then be carried out at once."""
    await asked(scene, wish="keep", effective_on=today())


async def _ordered_a(scene: Scene) -> None:
    await order_asked(scene)
    await decided_without_worker(scene, keep)


async def _ordered_b(scene: Scene) -> None:
    await asked(scene, wish="not_keep", effective_on=today())
    await decided_without_worker(scene, not_keep)


async def decided_without_worker(scene: Scene, decide: Act, **changes: object) -> None:
    """Leave everything that follows from the decision to be done, with changed settings."""
    await scene.restart(WORKER=False, **changes)
    await decide(scene)
    await scene.bot.kill()
    scene.bot.settings = {**scene.bot.settings, "WORKER": True}


async def let_work(scene: Scene) -> None:
    """Let the bot do what was left."""
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
ORDER_A = Flow("fulfil order A", Mode.LOCAL, _ordered_a, let_work, "done")
ORDER_B = Flow("fulfil order B", Mode.LOCAL, _ordered_b, let_work, "done")
TWO_PROCESSES = Flow(
    "submit to done, worker apart", Mode.LOCAL, _filled, _submit_and_keep, "done", workers=1
)
FLOWS = (SUBMIT, KEEP, NOT_KEEP, ORDER_A, ORDER_B, TWO_PROCESSES)

REAL_A = replace(ORDER_A, name="order A on Microsoft 365", is_real=True)
REAL_B = replace(ORDER_B, name="order B on Microsoft 365", is_real=True)
FLOWS_REAL = (REAL_A, REAL_B)
