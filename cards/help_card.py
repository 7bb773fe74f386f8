"""The card that says what the bot does."""

from adaptive_cards.card import ElementT

from cards.buttons import MAIN, button
from cards.parts import Card, bullets, card, heading, small, text, title, warning
from cards.verbs import Verb
from cards.words import contract_words
from mutations.register import Register
from texts.escaping import Safe
from texts.translator import Texts


def help_card(
    t: Texts,
    register: Register,
    *,
    may_request: bool,
    greeting: str = "",
    simulated: bool = False,
) -> Card:
    """Return what the bot does, its buttons and what can be typed.

    `may_request` is for people who act as requester of some entity. `greeting` is the name to
    greet, which is user text, or, as `Safe` text, a first line of its own. `simulated` says
    that no real account changes.
    """
    hello = t("help.title")
    if greeting:
        hello = greeting if isinstance(greeting, Safe) else t("help.hello", name=greeting)
    commands = ["new", "status", "mine", "waiting", "withdraw"]
    body: list[ElementT] = [
        title(hello),
        text(t("help.what")),
        text(t("help.who_may" if may_request else "help.who_may_not")),
        heading(t("help.type")),
        bullets(t(f"help.command.{one}") for one in commands if may_request or one != "new"),
        small(t("help.not", **contract_words(register))),
    ]
    if simulated:
        body.insert(1, warning(t("help.simulated")))
    verbs = [Verb.LIST_MINE, Verb.LIST_WAITING]
    actions = [button(t, verb) for verb in verbs]
    if may_request:
        actions.insert(0, button(t, Verb.DRAFT_OPEN, style=MAIN))
    return card(body, actions)
