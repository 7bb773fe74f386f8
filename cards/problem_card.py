"""What went wrong in words: what happened, what it means, what to do now."""

from collections.abc import Mapping

from adaptive_cards import types as ac
from adaptive_cards.card import ElementT

from cards.buttons import MAIN, Data, button
from cards.parts import Card, box, card, text, title
from cards.verbs import Verb
from texts.escaping import Safe
from texts.translator import Texts


def problem_card(
    t: Texts,
    key: str,
    params: Mapping[str, object],
    *,
    action: tuple[Verb, ...] = (),
    again: tuple[Verb, Data] | None = None,
) -> Card:
    """Return the three texts of a problem, with buttons that lead on.

    `key` is the message key of a `DomainError`; `action` are verbs that need no data; `again`
    is a press to do once more.
    """
    words = _words(t, params)
    body: list[ElementT] = [
        title(t(f"{key}.title", **words)),
        text(t(f"{key}.meaning", **words)),
        box([text(t(f"{key}.action", **words))], ac.ContainerStyle.EMPHASIS),
    ]
    buttons = [button(t, verb) for verb in action]
    if again is not None:
        verb, data = again
        buttons.insert(0, button(t, verb, data, title=t.plain("button.again"), style=MAIN))
    return card(body, buttons)


def problem_text(t: Texts, key: str, params: Mapping[str, object]) -> Safe:
    """Return a problem in two sentences, to show at the field or question it belongs to."""
    words = _words(t, params)
    return t("problem.short", title=t(f"{key}.title", **words), action=t(f"{key}.action", **words))


def _words(t: Texts, params: Mapping[str, object]) -> dict[str, object]:
    """Replace the reason that a day is no working day, a key of its own, by its words."""
    why = params.get("why")
    if isinstance(why, str) and why.startswith("holiday."):
        return {**params, "why": t(why)}
    return dict(params)
