"""Activities between JSON and botbuilder's classes, driven by the SDK's own field tables.

msrest does the same in 0.9 ms a turn and more than once. Differences on purpose: the tenant
of a conversation is read and written as `tenantId`, as Teams does (the SDK says `tenantID`);
a timestamp that is none is None; fields the gate does not check are left undecoded in
`additional_properties`. `tests/contract/test_codec.py` compares the two.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from botbuilder import schema
from botbuilder.schema import Activity

from bot.edge.activity_fields import CHECKED_FIELDS

Json = dict[str, Any]
_Convert = Callable[[Any], Any]
_Table = list[tuple[str, str, _Convert | None]]


def decode_activity(payload: Mapping[str, Any]) -> Activity:
    """Return the activity in a payload that the gate admitted."""
    return _DECODERS["Activity"](payload)


def encode_activity(activity: Activity) -> Json:
    """Return the JSON object of an activity to send, without its empty fields.

    Values of free form, such as cards, are passed on as they are, not copied.
    """
    return _encode_fields(activity, _ENCODERS[Activity])


def _read_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write_moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    fraction = f"{utc.microsecond:06d}".rstrip("0").ljust(3, "0")
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def _field_table(model: type[Any]) -> dict[str, tuple[str, str]]:
    """Return JSON name -> (attribute, msrest type) of one SDK class."""
    table = {
        spec["key"]: (attribute, spec["type"])
        for attribute, spec in model._attribute_map.items()  # noqa: SLF001 - the public documentation of the wire format is generated from it
    }
    if "tenantID" in table:
        table["tenantId"] = table.pop("tenantID")
    return table


def _decoder(name: str) -> _Convert:
    model = getattr(schema, name)
    fields: dict[str, tuple[str, _Convert | None]] = {}
    for key, (attribute, kind) in _field_table(model).items():
        if name != "Activity" or key in CHECKED_FIELDS:
            fields[key] = (attribute, _reader(kind))

    def decode(data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - botbuilder is untyped
        known: Json = {}
        rest: Json = {}
        for key, value in data.items():
            spec = fields.get(key)
            if spec is None:
                rest[key] = value
            elif value is not None:
                attribute, read = spec
                known[attribute] = value if read is None else read(value)
        decoded = model(**known)
        decoded.additional_properties = rest
        return decoded

    return decode


def _reader(kind: str) -> _Convert | None:
    """Return the conversion for an msrest type, or None when the JSON value is the value."""
    if kind == "iso-8601":
        return _read_moment
    if kind.startswith("[") and kind[1:-1] in _DECODERS:
        decode = _DECODERS[kind[1:-1]]
        return lambda items: [decode(item) for item in items]
    return _DECODERS.get(kind)


def _encode_fields(value: Any, table: _Table) -> Json:  # noqa: ANN401 - botbuilder is untyped
    return {
        key: write(item) if write else item
        for key, attribute, write in table
        if (item := getattr(value, attribute)) is not None
    }


def _encode(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    table = _ENCODERS.get(type(value))
    if table is not None:
        return _encode_fields(value, table)
    if isinstance(value, list):
        return [_encode(item) for item in value]
    return value


def _writer(kind: str) -> _Convert | None:
    if kind == "iso-8601":
        return _write_moment
    return None if kind in {"str", "bool", "int", "object", "[str]"} else _encode


_DECODERS: Final[dict[str, _Convert]] = {}
for _name in (
    "ChannelAccount",
    "ConversationAccount",
    "MessageReaction",
    "Attachment",
    "Entity",
    "Activity",
):
    _DECODERS[_name] = _decoder(_name)

_ENCODERS: Final[dict[type[Any], _Table]] = {
    model: [
        (key, attribute, _writer(kind)) for key, (attribute, kind) in _field_table(model).items()
    ]
    for model in (
        schema.Activity,
        schema.Attachment,
        schema.CardAction,
        schema.ChannelAccount,
        schema.ConversationAccount,
        schema.ConversationReference,
        schema.Entity,
        schema.Mention,
        schema.MessageReaction,
        schema.SemanticAction,
        schema.SuggestedActions,
        schema.TextHighlight,
    )
}
