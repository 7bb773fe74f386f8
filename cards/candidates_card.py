"""Several people fit the name: which one is meant?"""

from typing import Final

from adaptive_cards.card import ElementT

from cards.buttons import button, draft_data
from cards.parts import Card, buttons_here, card, group, small, text, title
from cards.verbs import Verb
from cards.words import entity_name
from mutations.draft import Draft
from mutations.identity import EntityCode
from mutations.register import Register
from texts.translator import Texts

_SHOWN: Final = 8


def candidates_card(t: Texts, register: Register, draft: Draft) -> Card:
    """Return the people to choose from, and a way out when it is none of them."""
    body: list[ElementT] = [title(t("candidates.title")), text(t("candidates.text"))]
    shown = draft.candidates[:_SHOWN]
    body += [_candidate(t, register, draft, n=n) for n, _ in enumerate(shown, start=1)]
    left = len(draft.candidates) - _SHOWN
    if left > 0:
        body.append(small(t("candidates.more", n=left)))
    return card(
        body,
        [
            button(
                t,
                Verb.DRAFT_CHOOSE,
                draft_data(draft, colleague=""),
                title=t.plain("button.someone_else"),
            ),
            button(t, Verb.DRAFT_DISCARD, draft_data(draft)),
        ],
    )


def _candidate(t: Texts, register: Register, draft: Draft, *, n: int) -> ElementT:
    one = draft.candidates[n - 1]
    choose = button(
        t,
        Verb.DRAFT_CHOOSE,
        draft_data(draft, colleague=one.object_id),
        title=t.plain("button.choose", n=n),
    )
    entity = entity_name(t, register, EntityCode(one.entity) if one.entity else None)
    return group(
        [
            text(t("candidates.name", n=n, name=one.name)),
            small(t("candidates.where", upn=one.upn, entity=entity)),
            buttons_here([choose]),
        ],
        separator=True,
    )
