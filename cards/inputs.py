"""The inputs of cards, with what adaptive-cards-py leaves out."""

from collections.abc import Mapping
from datetime import date

from adaptive_cards import card as library
from adaptive_cards import types as ac
from adaptive_cards import utils
from adaptive_cards.card import InputChoice, InputChoiceSet, InputDate
from pydantic import Field

from mutations.case_finder import Retention
from texts.escaping import Plain
from texts.translator import Texts


class InputDateFrom(InputDate):
    """A date input with a first day: the library knows only `max`."""

    min: str | None = Field(default=None, json_schema_extra=utils.get_metadata("1.0"))


# The inherited annotations are forward references into the module of the library.
InputDateFrom.model_rebuild(_types_namespace=vars(library))


def date_input(
    input_id: str, *, label: Plain, first: date, last: date, value: date | None
) -> InputDateFrom:
    """Return a date input from `first` up to and including `last`."""
    return InputDateFrom(
        id=input_id,
        label=label,
        min=first.isoformat(),
        max=last.isoformat(),
        value=value.isoformat() if value else None,
    )


def choice_list(
    input_id: str, *, label: Plain, choices: Mapping[str, Plain], value: str | None
) -> InputChoiceSet:
    """Return a choice with all its options in sight; `choices` maps values to titles."""
    return InputChoiceSet(
        id=input_id,
        label=label,
        style=ac.ChoiceInputStyle.EXPANDED,
        wrap=True,
        choices=[InputChoice(title=title, value=one) for one, title in choices.items()],
        value=value,
    )


def status_choices(t: Texts) -> dict[str, Plain]:
    """Return the answers to "does the status change?"."""
    return {answer: t.plain(f"answer.status_changes.{answer}") for answer in ("no", "yes")}


def retention_choices(t: Texts) -> dict[str, Plain]:
    """Return the answers to "what do you want to happen to the data?"."""
    return {one.value: t.plain(f"answer.wish.{one}") for one in Retention}
