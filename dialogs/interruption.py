"""Acts that could not be finished: said so, and packed into a button that does them again."""

from dataclasses import replace
from typing import Final

import orjson

from cards.problem_card import problem_card
from cards.verbs import Verb
from dialogs.turn import Incoming, IncomingKind, Interruption, Reply, Standing
from texts.translator import Texts

_INPUTS: Final = "repeated_inputs"
_MAX_INPUTS: Final = 12_000  # a card has room for so many bytes beside everything else


def interruption_reply(t: Texts, incoming: Incoming, interruption: Interruption) -> Reply:
    """Return what happened, what it means and what to do now, with the same press once more."""
    again = _again(incoming)
    words = "press" if again else "message"
    if interruption is Interruption.NOT_BEGUN:
        key = f"error.overload.{words}"
    else:
        key = f"error.outage.{words}"
    return Reply((problem_card(t, key, {}, again=again),), summary=t.plain(f"{key}.title"))


def unpacked(incoming: Incoming) -> Incoming:
    """Return a repeated press as it was pressed first; everything else unchanged."""
    packed = incoming.data.get(_INPUTS)
    if not isinstance(packed, str):
        return incoming
    data = {name: value for name, value in incoming.data.items() if name != _INPUTS}
    return replace(incoming, data=data, inputs=orjson.loads(packed))


def _again(incoming: Incoming) -> tuple[Verb, dict[str, str | int]] | None:
    """Return verb and data that repeat a press; a seal vouches for the inputs from now on.

    An expired button gets no new life, and what no card of ours sends is not repeated.
    """
    incoming = unpacked(incoming)
    is_ours = incoming.standing is Standing.GENUINE and incoming.verb in set(Verb)
    if incoming.kind is not IncomingKind.PRESS or not is_ours:
        return None
    data = {k: v for k, v in incoming.data.items() if isinstance(v, str | int)}
    typed = orjson.dumps(dict(incoming.inputs))
    if len(data) < len(incoming.data) or len(typed) > _MAX_INPUTS:
        return None
    if incoming.inputs:
        data[_INPUTS] = typed.decode()
    return Verb(incoming.verb), data
