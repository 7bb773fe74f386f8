"""Ten approvers on many requests at once, two replicas, a channel that repeats itself."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mutations.case_finder import Retention
from mutations.request import MutationRequest
from tests.conversations.outages import BUSY, PERHAPS
from tests.conversations.scenes import ask, decided
from tests.conversations.stage import MARLEEN, Stage, eventually, open_stage, words_of
from tests.fakes.bot_connector import FakeConnector
from tests.faults import crowd
from tests.faults.history import Answer, History, Outcome, Press

Tell = Callable[[str], None]
Histories = Mapping[str, History]

SEED = 20261123
APPROVERS = 10
_AT_ONCE = 50
_LATER = "2026-12-01"
_REASON = "Eerst zijn werk afmaken"
_CHOICES = {
    "decision.keep": Retention.KEEP,
    "decision.not_keep_sure": Retention.NOT_KEEP,
    "decision.refuse_sure": None,
}


@asynccontextmanager
async def _replicas(folder: Path, url: str, *, requests: int) -> AsyncIterator[tuple[Stage, ...]]:
    """Run two bots on one database and one Teams."""
    connector = FakeConnector()
    await connector.start()
    register = folder / "crowd.toml"
    crowd.write_register(register, approver_count=APPROVERS)
    changes: dict[str, Any] = {"connector": connector, "MUTATIEBOT_REGISTER": register}
    folders = [folder / name for name in ("one", "other")]
    for each in folders:
        each.mkdir()
    try:
        async with (
            open_stage(folders[0], url, recheck_s=600, **changes) as one,
            open_stage(folders[1], url, recheck_s=600, **changes) as other,
        ):
            await crowd.settle_in(one, approver_count=APPROVERS, colleague_count=requests)
            for stage in (one, other):
                crowd.join(stage, approver_count=APPROVERS)
            yield one, other
    finally:
        await connector.stop()


def _answer_in(card: Any, actor: str) -> tuple[Answer, str]:
    """Return what a card says to whoever pressed, and whom it names as the one who decided."""
    words = words_of(card).replace("**", "")
    if PERHAPS in words or BUSY in words:
        return Answer.UNKNOWN, ""
    names = [name for name in _names() if f"{name} koos op" in words or f"{name} weiger" in words]
    if not names:
        return Answer.ENDED, ""
    [winner] = names
    if "heeft al beslist" in words:
        return Answer.LATE, winner
    return (Answer.MINE if winner == actor else Answer.LATE), winner


def _names() -> list[str]:
    return [f"Beslisser {number}" for number in crowd.approvers(APPROVERS)]


async def _play(
    replicas: tuple[Stage, ...], requests: list[MutationRequest], chance: random.Random
) -> Histories:
    """Let every approver press on every request, some twice, while some are withdrawn."""
    histories: dict[str, History] = defaultdict(History)
    places = asyncio.Semaphore(_AT_ONCE)

    async def press(request: MutationRequest, number: int, verb: str, stage: Stage) -> None:
        async with places:
            actor, begun = f"Beslisser {number}", time.monotonic()
            inputs = {"reason": _REASON} if verb == "decision.refuse_sure" else {}
            card = await decided(stage, number, request, verb, **inputs)
            answer, winner = _answer_in(card, actor)
            histories[request.id].presses.append(
                Press(
                    request=request.id,
                    actor=actor,
                    choice=verb,
                    begun=begun,
                    ended=time.monotonic(),
                    answer=answer,
                    winner=winner,
                )
            )

    async def withdraw(request: MutationRequest, stage: Stage) -> None:
        async with places:
            await decided(stage, MARLEEN, request, "request.withdraw_sure")

    acts = []
    for request in requests:
        for number in crowd.approvers(APPROVERS):
            verb = chance.choice(tuple(_CHOICES))
            times = chance.choice((1, 1, 1, 2))  # the channel delivers some presses again
            acts += [press(request, number, verb, chance.choice(replicas)) for _ in range(times)]
        if chance.random() < 0.1:
            acts.append(withdraw(request, chance.choice(replicas)))
    # Requests are taken in groups, so that those who press on one meet each other.
    width = APPROVERS * 5
    groups = [acts[start : start + width] for start in range(0, len(acts), width)]
    for group in groups:
        chance.shuffle(group)
    await asyncio.gather(*(act for group in groups for act in group))
    return histories


async def _outcomes(stage: Stage, requests: list[MutationRequest]) -> Mapping[str, Outcome]:
    rows = await stage.audit()
    counts = Counter((row["request_id"], row["kind"]) for row in rows)
    refused = Counter(
        row["request_id"]
        for row in rows
        if row["kind"] == "refused" and str(row["params"]["verb"]).startswith("decision.")
    )
    verbs = {retention: verb for verb, retention in _CHOICES.items()}
    found: dict[str, Outcome] = {}
    for request in requests:
        decision = (await stage.request(request.number)).decision
        found[request.id] = Outcome(
            winner=decision.by.name if decision else "",
            choice=verbs[decision.retention] if decision else "",
            decisions=counts[request.id, "request.decided"],
            refusals=refused[request.id],
        )
    return found


async def _run(folder: Path, url: str, tell: Tell, *, requests: int) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a game, not a secret
    async with _replicas(folder, url, requests=requests) as replicas:
        stage = replicas[0]
        asked = [
            await ask(stage, colleague=crowd.address(number), effective_on=_LATER)
            for number in crowd.colleagues(requests)
        ]
        histories = await _play(replicas, asked, chance)
        outcomes = await _outcomes(stage, asked)
        anomalies = [
            f"{identity}: {anomaly}"
            for identity, history in histories.items()
            for anomaly in history.anomalies(outcomes[identity])
        ]
        presses = sum(len(history.presses) for history in histories.values())
        decided_count = sum(bool(outcome.winner) for outcome in outcomes.values())
        tell(
            f"history: {presses} presses by {APPROVERS} approvers on {requests} requests over 2"
            f" replicas, {decided_count} decided, {len(anomalies)} anomalies (seed {SEED})"
        )
        assert anomalies == []
        assert decided_count > requests * 0.8
        await eventually(lambda: _open_effects(stage), timeout_s=10)


async def _open_effects(stage: Stage) -> bool:
    """Tell whether nothing was changed in the tenant: the day of no request has come."""
    return not await stage.bot.storage.simulated_objects.ledger()


@pytest.mark.case("D01", "D03", "D07", "I02")
@pytest.mark.timeout(300)
async def test_twenty_requests_have_one_winner_each(
    tmp_path: Path, database_url: str, tell: Tell
) -> None:
    await _run(tmp_path, database_url, tell, requests=20)


@pytest.mark.long
@pytest.mark.case("D01", "D03", "D07", "I02")
@pytest.mark.timeout(1200)
async def test_two_hundred_requests_have_one_winner_each(
    tmp_path: Path, database_url: str, tell: Tell
) -> None:
    await _run(tmp_path, database_url, tell, requests=200)


def _press(actor: str, answer: Answer, begun: float, ended: float, winner: str = "") -> Press:
    return Press(
        request="r",
        actor=actor,
        choice="keep",
        begun=begun,
        ended=ended,
        answer=answer,
        winner=winner,
    )


@pytest.mark.parametrize(
    ("presses", "outcome"),
    [
        ([_press("a", Answer.MINE, 0, 1), _press("b", Answer.MINE, 0, 1)], ("a", 1, 0)),
        ([_press("a", Answer.MINE, 0, 1), _press("b", Answer.LATE, 0, 1, "c")], ("a", 1, 1)),
        ([_press("a", Answer.MINE, 5, 6), _press("b", Answer.LATE, 0, 1, "a")], ("a", 1, 1)),
        ([_press("a", Answer.MINE, 0, 1)], ("a", 2, 0)),
        ([_press("a", Answer.MINE, 0, 1)], ("", 0, 0)),
        ([_press("a", Answer.LATE, 0, 1, "a")], ("a", 1, 1)),
        ([_press("a", Answer.MINE, 0, 1), _press("b", Answer.LATE, 0, 1, "a")], ("a", 1, 0)),
    ],
    ids=["two winners", "another", "future", "twice", "nobody", "winner late", "not on record"],
)
def test_checker_finds_contradictions(presses: list[Press], outcome: tuple[str, int, int]) -> None:
    winner, decisions, refusals = outcome
    choice = "keep" if winner else ""
    stored = Outcome(winner=winner, choice=choice, decisions=decisions, refusals=refusals)
    assert History(presses).anomalies(stored)


def test_checker_accepts_what_one_order_explains() -> None:
    presses = [
        _press("a", Answer.MINE, 0, 2),
        _press("b", Answer.LATE, 1, 3, "a"),
        _press("a", Answer.MINE, 4, 5),
        _press("c", Answer.UNKNOWN, 1, 9),
    ]
    stored = Outcome(winner="a", choice="keep", decisions=1, refusals=1)
    assert History(presses).anomalies(stored) == []
