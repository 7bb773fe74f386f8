"""The log: whatever a value holds, one event is one line of JSON."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

# In a process of its own: the log of the program is set up once, for good.
_PROGRAM = """
import json, sys
import structlog
from bot.logs import configure_logs
configure_logs("INFO")
log = structlog.get_logger("test")
for value in json.load(sys.stdin):
    try:
        raise ValueError(value)
    except ValueError as error:
        log.error("event", value=value, **{"error": str(error)}, exc_info=error)
"""
_NASTY = ['Jan\r\n{"event": "forged"}', "a\nb", "\u2028x\u2029", "\x85", "\x1b[31m", "\x00"]


@pytest.mark.case("L02")
@settings(max_examples=5)
@given(st.lists(st.text(max_size=60), max_size=30))
def test_every_event_is_one_line_of_json(values: list[str]) -> None:
    values = [value for value in values if value.isprintable() or "\n" in value] + _NASTY
    events = _logged(values)
    assert [event["value"] for event in events] == values
    assert {event["event"] for event in events} == {"event"}


@pytest.mark.case("L01")
def test_words_of_an_exception_stay_out_and_its_place_stays_in() -> None:
    [event] = _logged(["Jan Peeters"])
    [exception] = event["exception"]
    assert exception["exc_type"] == "ValueError"
    assert exception["frames"]
    assert "Jan Peeters" not in json.dumps(exception)


def _logged(values: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps(values).encode(),
        capture_output=True,
        check=True,
    )
    lines = done.stderr.decode().split("\n")
    assert lines.pop() == ""
    return [json.loads(line) for line in lines]
