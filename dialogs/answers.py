"""Typed answers to questions with two sides; anything unclear is asked again."""

import re
import unicodedata
from typing import Final

_LONGEST: Final = 80
_POLITE: Final = re.compile(
    r"\b(a u b|aub|alstublieft|alsjeblieft|s v p|svp|graag|please|merci|bedankt|hoor"
    r"|zeker|natuurlijk|uiteraard|dank u wel|dank u|dank je wel|dank je)\b"
)
_FILLER: Final = re.compile(
    r"\b(de|het|data|gegevens|mailbox en onedrive|onedrive en mailbox|ik|wij|we|wil|willen"
    # "niet alles behouden" is a wish for a part, which is not the same as "niet behouden"
    r"|moet|moeten|mag|mogen|(?<!niet )(alles|alle))\b"
)

_YES: Final = re.compile(
    "ja|j|jawel|jaja|jep|jip|ok|oke|okay|oki|akkoord|in orde|goed|klopt|dat klopt|juist|correct"
    "|inderdaad|zeker|natuurlijk|uiteraard|graag|yes|y|yep|yeah|sure|oui|ouais|d accord"
)
_NO: Final = re.compile(
    "nee|n|neen|neenee|nope|niet|nooit|niet akkoord|klopt niet|dat klopt niet|niet juist"
    "|niet correct|liever niet|no|non|pas d accord"
)
_KEEP: Final = re.compile(
    "behouden|behoud|bewaren|bewaar|houden|bijhouden|met behoud|met behoud van"
    "|met|wel behouden|wel bewaren|niet weg|niet wissen|niet verwijderen|niet weggooien"
    "|keep|keep it|keep them|garder|conserver"
)
_NOT_KEEP: Final = re.compile(
    "niet behouden|niet bewaren|niet houden|niet bijhouden|geen behoud|zonder|zonder behoud"
    "|zonder behoud van|weg|weg ermee|wissen|verwijderen|weggooien"
    "|not keep|do not keep|dont keep|delete|ne pas garder|ne pas conserver|supprimer"
)

_STATUS_FILLER: Final = re.compile(r"\b(het|dat|dit|zijn|haar|administratief|statuut|ook|wel)\b")
_CHANGES: Final = re.compile(
    "wijzigt|verandert|wijzigen|veranderen|wordt anders|anders|changes|it changes|change|il change"
)
_STAYS: Final = re.compile(
    "blijft|blijft hetzelfde|blijft gelijk|hetzelfde|wijzigt niet|verandert niet|blijft zo"
    "|niet wijzigen|geen wijziging|same|stays the same|no change|inchange|ne change pas"
)


def understand_yes_no(text: str) -> bool | None:
    """Read a short yes or no in Dutch, French or English; None when it is not clearly one."""
    answer = _plain(text)
    for phrase in (answer, _polished(answer)):
        if _YES.fullmatch(phrase):
            return True
        if _NO.fullmatch(phrase):
            return False
    return _agreed([_yes_no_word(word) for word in _polished(answer).split()])


def understand_change(text: str) -> bool | None:
    """Read the answer to "does the administrative status change?"; None when it is unclear."""
    yes_no = understand_yes_no(text)
    if yes_no is not None:
        return yes_no
    answer = _polished(_plain(text))
    change = _change(answer)
    if change is not None:
        return change
    first, _, rest = answer.partition(" ")
    return _agreed([_yes_no_word(first), _change(rest)])


def understand_keep(text: str) -> bool | None:
    """Read the answer to "should the mailbox and the OneDrive be kept?"; None when unclear.

    An answer about one of the two is unclear: no order keeps one without the other (R12).
    """
    yes_no = understand_yes_no(text)
    if yes_no is not None:
        return yes_no
    answer = _polished(_plain(text))
    wish = _wish(answer)
    if wish is not None:
        return wish
    first, _, rest = answer.partition(" ")
    return _agreed([_yes_no_word(first), _wish(rest)])


def _change(phrase: str) -> bool | None:
    bare = " ".join(_STATUS_FILLER.sub(" ", phrase).split())
    if _CHANGES.fullmatch(bare):
        return True
    return False if _STAYS.fullmatch(bare) else None


def _wish(phrase: str) -> bool | None:
    bare = " ".join(_FILLER.sub(" ", phrase).split())
    if _KEEP.fullmatch(bare):
        return True
    return False if _NOT_KEEP.fullmatch(bare) else None


def _yes_no_word(word: str) -> bool | None:
    if _YES.fullmatch(word):
        return True
    # "niet" turns round what follows: it is an answer on its own only.
    return False if word != "niet" and _NO.fullmatch(word) else None


def _agreed(sides: list[bool | None]) -> bool | None:
    """Return the side that every part takes; None for a part without a side or a contradiction."""
    first = sides[0] if sides else None
    return first if all(side is first for side in sides) else None


def _polished(phrase: str) -> str:
    return " ".join(_POLITE.sub(" ", phrase).split())


def _plain(text: str) -> str:
    """Lower case, without accents and punctuation; empty for a long story.

    A question mark stays: "ja?" is no answer.
    """
    if len(text) > _LONGEST:
        return ""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    letters = re.sub(r"['\u2019](?=t\b)", "", letters)
    return " ".join(re.sub(r"[^a-z0-9?]+", " ", letters).split())
