"""Bytes of strangers: either an object that anything behind can handle, or one error."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edge.activity_fields import FieldError, check_fields
from bot.edge.strict_json import StrictJsonError, parse_object

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=6), st.booleans())
def test_what_json_can_say_is_read(value: dict[str, object], ascii_only: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()

    assert parse_object(raw) == value


@given(st.binary(max_size=200))
def test_random_bytes_are_an_object_or_one_error(raw: bytes) -> None:
    try:
        value = parse_object(raw)
    except StrictJsonError:
        return

    assert orjson.dumps(value)


@given(st.data())
def test_a_spoilt_activity_is_an_object_or_one_error(data: st.DataObject) -> None:
    raw = bytearray(
        b'{"type":"message","from":{"id":"29:a","name":"\\u00e9\\\\"},"n":[1.5e3,null]}'
    )
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = parse_object(bytes(raw))
    except StrictJsonError:
        return

    assert orjson.dumps(value)


def test_a_written_backslash_u0000_is_no_nul() -> None:
    assert parse_object(rb'{"a":"\\u0000"}') == {"a": r"\u0000"}


@pytest.mark.parametrize("raw", [rb'{"\u0000":1}', rb'{"a":[{"b":"x\u0000"}]}'])
def test_nul_is_found_anywhere(raw: bytes) -> None:
    with pytest.raises(StrictJsonError, match="NUL"):
        parse_object(raw)


def test_depth_32_is_the_limit() -> None:
    allowed = b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"

    assert parse_object(allowed)
    with pytest.raises(StrictJsonError, match="deeply"):
        parse_object(allowed.replace(b"[[", b"[[[", 1).replace(b"]]", b"]]]", 1))


FIELDS = st.sampled_from(
    ["type", "from", "conversation", "recipient", "text", "entities", "attachments", "channelData",
     "value", "membersAdded", "timestamp", "serviceUrl", "name", "unknown"]
)  # fmt: skip


@given(st.dictionaries(FIELDS, VALUES))
def test_fields_of_any_type_are_fine_or_one_error(payload: dict[str, object]) -> None:
    try:
        check_fields(payload)
    except FieldError as error:
        assert str(error) in {*payload, "type", "from", "conversation", "recipient"}  # noqa: PT017 - either outcome is right
