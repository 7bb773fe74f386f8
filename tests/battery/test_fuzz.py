"""Spoilt activities by the thousand: one error or one act that can be trusted, never a crash."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from bot.clock import SystemClock
from bot.edge.codec import decode_activity
from bot.edge.gate import Gate
from bot.edge.incoming import ActivityKind, kind_of, read_incoming
from bot.edge.references import reference_of
from bot.edge.refusal import RefusedError
from bot.edge.seals import Seals
from bot.edge.token_verifier import Caller
from dialogs.turn import Incoming
from tests.battery.conftest import SEED, Range
from tests.battery.corpus import good_activities
from tests.battery.mutation import Mutator

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_ACT = {ActivityKind.IGNORED, ActivityKind.UNKNOWN_INVOKE}
_LONG = 1_000_000
_LONG_OVER_HTTP = 5_000
_SEALS = Seals([b"a key of this test" * 2], clock=SystemClock(), max_age=timedelta(days=1))

# Where an act that is a person's own is remembered; everything else must stay as it was.
_OWN_PLACE = {"conversation_reference"}

Tell = Callable[[str], None]


@pytest.mark.case("P01", "P04", "P07", "F03")
async def test_spoilt_activity_is_one_error_or_one_act(field: Range, tell: Tell) -> None:
    await _fuzz(field, tell, 20_000, SEED)


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.case("P01", "P04", "P07", "F03")
async def test_spoilt_activities_by_the_million(field: Range, tell: Tell) -> None:
    await _fuzz(field, tell, _LONG, SEED + 1)


@pytest.mark.case("P01", "P04", "P05", "P07")
@pytest.mark.timeout(300)
async def test_spoilt_activity_over_http_is_answered_and_changes_nothing(
    field: Range, tell: Tell
) -> None:
    await _fuzz_over_http(field, tell, 2_000, SEED)


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.case("P01", "P04", "P05", "P07")
async def test_thousands_over_http(field: Range, tell: Tell) -> None:
    await _fuzz_over_http(field, tell, _LONG_OVER_HTTP, SEED + 1)


async def _fuzz(field: Range, tell: Tell, count: int, seed: int) -> None:
    gate, caller = field.stage.bot.channel.gate, await field.caller()
    corpus = good_activities(field.ground)
    for activity in corpus:
        assert _outcome(gate, caller, json.dumps(activity).encode()) != "refused", activity

    outcomes = Counter(
        _outcome(gate, caller, body) for body in Mutator(corpus, seed).bodies(count)
    )

    assert outcomes.total() == count
    # A fuzzer whose every input is refused at the door tests the door alone.
    assert min(outcomes[name] for name in ("refused", "ignored", "act")) > count / 50, outcomes
    tell(f"parsed inputs without a crash {count} of {count} {dict(outcomes)} (seed {seed})")


def _outcome(gate: Gate, caller: Caller, raw: bytes) -> str:
    """Do what the bot does with a body; anything but a refusal or an act raises."""
    try:
        payload = gate.examine(caller, raw).payload
    except RefusedError:
        return "refused"
    activity = decode_activity(payload)
    kind = kind_of(activity)
    if kind in _NO_ACT:
        return "ignored"
    incoming = read_incoming(activity, kind, _SEALS)
    _check(incoming)
    assert reference_of(activity).person == incoming.person
    return "act"


def _check(incoming: Incoming) -> None:
    """Check that everything behind the edge may rely on the types of an act."""
    assert _GUID.fullmatch(incoming.person)
    for text in (incoming.name, incoming.text, incoming.verb, incoming.card_id):
        assert b"\0" not in text.encode()  # which fails on no text and on a lone surrogate
    assert incoming.conversation_id
    assert incoming.conversation_id.isprintable()
    assert isinstance(incoming.data, Mapping)
    assert isinstance(incoming.inputs, Mapping)


async def _fuzz_over_http(field: Range, tell: Tell, count: int, seed: int) -> None:
    before, statuses = await field.digest(), Counter[int]()
    for body in Mutator(good_activities(field.ground), seed).bodies(count):
        letter = field.ground.letter()
        letter.body = body
        answer = await field.fire(letter.raw(f"127.0.0.1:{field.port}"))
        statuses[answer.status] += 1

    assert set(statuses) <= {200, 400, 403, 413, 501}, statuses
    assert await field.failed_turns() == 0
    after = await field.digest()
    assert {name for name in before if before[name] != after[name]} <= _OWN_PLACE
    tell(f"activities over HTTP without a fault {count} of {count} {dict(statuses)} (seed {seed})")
