"""What came to it since a decision that is asked again."""

from adaptive_cards import types as ac
from adaptive_cards.card import ElementT

from cards.parts import box, bullets, heading
from cards.words import enumeration
from mutations.life_cycle import State
from mutations.request import MutationRequest
from texts.escaping import Safe
from texts.translator import Texts


def news(t: Texts, request: MutationRequest) -> list[ElementT]:
    """Return what would go beyond what was decided on before, while that is being decided."""
    if request.anew is None or request.decision or request.state is not State.SUBMITTED:
        return []
    more = request.anew.more
    lines: list[Safe] = []
    if more.groups:
        names = enumeration(t, [one.name for one in more.groups])
        lines.append(t("anew.groups", groups=names))
    if more.addresses:
        lines.append(t("anew.addresses", addresses=enumeration(t, more.addresses)))
    if more.mailbox:
        lines.append(t("anew.mailbox"))
    return [box([heading(t("anew.title")), bullets(lines)], ac.ContainerStyle.WARNING)]
