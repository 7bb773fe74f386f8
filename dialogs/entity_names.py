"""Finds the entity that people mean when they type a code, a name, initials or a typo."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from mutations.register import Entity

_LONGEST: Final = 120
_CERTAIN: Final = 85.0  # one wrong letter in a word of five scores 89, another word at most 80
_SAME_WORD: Final = 75.0
_AMBIGUOUS: Final = 8.0  # closer to the best than this: ask which one
_SUGGESTED: Final = 60.0
_MOST_SUGGESTIONS: Final = 3
_SHORTEST_WORD: Final = 3

_CODE: Final = re.compile(r"\bovo[\s.\-]*([0-9](?:[\s.\-]*[0-9]){5})(?![\s.\-]*[0-9])")
_SMALL_WORDS: Final = frozenset(
    {"en", "van", "voor", "de", "het", "der", "den", "in", "op", "te"}
) | {
    *("naar", "bij", "aan", "entiteit")  # around a name in a sentence
}


@dataclass(frozen=True, slots=True)
class One:
    """Exactly this entity is meant."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class Several:
    """These entities are as likely as each other, best first: let the person choose."""

    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """No entity is clearly meant; at most three that look a little like it, best first."""

    suggestions: tuple[Entity, ...] = ()


_Words = tuple[str, ...]

Match = One | Several | Nothing


def match_entities(text: str, entities: Sequence[Entity]) -> Match:
    """Find the entity that typed text means: by code, name, name in a sentence, initials, typo.

    An exact name or code always gives that one entity; a code that nobody has gives nothing.
    """
    if len(text) > _LONGEST:
        return Nothing()
    code = _CODE.search(text.casefold())
    if code is not None:
        wanted = "OVO" + "".join(re.findall(r"[0-9]", code.group(1)))
        return _clear([entity for entity in entities if entity.code == wanted]) or Nothing()
    words = _words(text)
    for finder in (_by_exact_name, _by_name, _by_name_in_sentence, _by_initials):
        found = _clear(finder(text.strip(), words, entities))
        if found is not None:
            return found
    return _nearest(words, entities)


def _clear(found: Sequence[Entity]) -> Match | None:
    if not found:
        return None
    return One(found[0]) if len(found) == 1 else Several(tuple(found))


def _by_exact_name(text: str, _: _Words, entities: Sequence[Entity]) -> list[Entity]:
    """To the letter: needed when two names differ in an accent or a dash only."""
    return [entity for entity in entities if entity.name == text]


def _by_name(_: str, words: _Words, entities: Sequence[Entity]) -> list[Entity]:
    return [entity for entity in entities if words and _words(entity.name) == words]


def _by_name_in_sentence(_: str, words: _Words, entities: Sequence[Entity]) -> list[Entity]:
    sentence = _spaced(words)
    names = {entity.code: _spaced(_words(entity.name)) for entity in entities}
    present = {code: name for code, name in names.items() if name.strip() and name in sentence}
    # "Zorg" is not meant where "Zorg en Wonen" is written.
    inside = {
        code
        for code, name in present.items()
        if any(name != other and name in other for other in present.values())
    }
    return [entity for entity in entities if entity.code in present.keys() - inside]


def _spaced(words: _Words) -> str:
    return f" {' '.join(words)} "


def _by_initials(_: str, words: _Words, entities: Sequence[Entity]) -> list[Entity]:
    spelled = len(words) > 1 and all(len(word) == 1 for word in words)  # "A.W.W."
    typed = "".join(words) if spelled or len(words) == 1 else ""
    if len(typed) < _SHORTEST_WORD:
        return []
    return [entity for entity in entities if typed in _initials(entity.name)]


def _initials(name: str) -> set[str]:
    words = _words(name)
    return {
        "".join(word[0] for word in words),
        "".join(word[0] for word in words if word not in _SMALL_WORDS),
    }


def _nearest(words: _Words, entities: Sequence[Entity]) -> Match:
    telling = tuple(word for word in words if _is_telling(word))
    if not telling:
        return Nothing()
    scores = [(_score(telling, entity), entity) for entity in entities]
    ranked = sorted(scores, key=lambda scored: (-scored[0], scored[1].name, scored[1].code))
    best = ranked[0][0] if ranked else 0.0
    if best < _CERTAIN:
        near = [entity for score, entity in ranked if score >= _SUGGESTED]
        return Nothing(tuple(near[:_MOST_SUGGESTIONS]))
    close = [entity for score, entity in ranked if score >= max(_CERTAIN, best - _AMBIGUOUS)]
    return _clear(close) or Nothing()


def _score(typed: _Words, entity: Entity) -> float:
    """Rate 0-100 how far the typed words are in the name, or look like it as a whole.

    Words that were left out do not count against an entity: "wegen" is enough when only one
    entity has it. Longer words weigh more.
    """
    name = tuple(word for word in _words(entity.name) if _is_telling(word))
    if not name:
        return 0.0
    letters = sum(len(word) for word in typed)
    likeness = sum(len(word) * max(_alike(word, other) for other in name) for word in typed)
    return max(likeness / letters, fuzz.ratio("".join(typed), "".join(name)))


def _alike(word: str, other: str) -> float:
    """Rate two words; a different word counts half, or one common word would carry the rest."""
    ratio = fuzz.ratio(word, other)
    return ratio if ratio >= _SAME_WORD else ratio / 2


def _is_telling(word: str) -> bool:
    return len(word) >= _SHORTEST_WORD and word not in _SMALL_WORDS


def _words(text: str) -> _Words:
    """Lower case, without accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return tuple(re.findall(r"[^\W_]+", letters))
