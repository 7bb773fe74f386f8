import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from fulfilment.portal.order import (
    STATUS_FORMAT,
    Done,
    MalformedStatusError,
    NeedsPerson,
    read_status,
    schema,
)

FILE = Path(__file__).parents[4] / "docs/order.schema.json"


def test_schema_on_the_page_is_that_of_the_documents() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(
        msgspec.json.encode(schema())
    )


def _status(state: str, **more: Any) -> dict[str, Any]:
    return {"format": STATUS_FORMAT, "order": "a" * 32, "state": state, **more}


@pytest.mark.parametrize(
    "document",
    [
        _status("accepted"),
        _status("in_progress"),
        _status("needs_person", reason="vol"),
        _status("done", steps=[{"position": 0, "after": ""}]),
    ],
)
def test_every_state_is_read_and_fits_the_schema(document: dict[str, Any]) -> None:
    read = read_status(document)
    jsonschema.validate(document, schema())
    assert json.loads(msgspec.json.encode(read)) == document


def test_states_bring_what_belongs_to_them() -> None:
    stopped = read_status(_status("needs_person", reason="vol"))
    done = read_status(_status("done", steps=[{"position": 3, "after": "x"}]))
    assert isinstance(stopped, NeedsPerson)
    assert stopped.reason == "vol"
    assert isinstance(done, Done)
    assert [(one.position, one.after) for one in done.steps] == [(3, "x")]


@pytest.mark.parametrize(
    "document",
    [
        {},
        _status("cancelled"),
        _status("accepted", extra=1),
        _status("accepted", reason="no"),
        _status("needs_person"),
        _status("needs_person", reason=""),
        _status("needs_person", reason="x" * 501),
        _status("done"),
        _status("done", steps=[{"position": "0", "after": ""}]),
        _status("done", steps=[{"position": -1, "after": ""}]),
        _status("done", steps=[{"position": 0, "after": ""}] * 2),
        _status("accepted") | {"format": "mutatiebot.order-status/2"},
        _status("accepted") | {"order": 7},
        _status("accepted") | {"order": "x" * 65},
    ],
)
def test_anything_else_is_malformed(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedStatusError):
        read_status(document)
