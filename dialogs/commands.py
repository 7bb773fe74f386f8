"""What a typed message asks for, before it can be an answer to a question."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Command(StrEnum):
    """What somebody can ask by message."""

    HELLO = "hello"
    HELP = "help"
    NEW = "new"
    STATUS = "status"
    MINE = "mine"
    WAITING = "waiting"
    WITHDRAW = "withdraw"
    UNDO = "undo"
    SUBMIT = "submit"
    DISCARD = "discard"
    OUT_OF_SCOPE = "out_of_scope"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command and what came after it."""

    command: Command
    rest: str = ""


_END: Final = r"[\s!.?]*$"
_PATTERNS: Final = (
    (Command.HELLO, rf"(hallo|hello|hi|hey|hoi|dag|goeiedag|goedemorgen|goedemiddag){_END}"),
    (Command.HELP, rf"(help|hulp|\?|wat kan je|wat kunt u){_END}"),
    (
        Command.NEW,
        r"(nieuwe?\s+(mutatie(aanvraag)?|aanvraag)|mutatie\s+aanvragen)\b[\s:]*((voor|van)\b\s*)?",
    ),
    (Command.MINE, rf"(mijn\s+(aanvragen|mutaties)|overzicht){_END}"),
    (Command.WAITING, rf"(wat\s+(wacht|ligt)(\s+er)?\s+(op|bij)\s+mij|taken|mijn\s+taken){_END}"),
    (Command.STATUS, r"(status|stand|waar\s+is)\b[\s:]*"),
    (Command.WITHDRAW, r"(annuleer|annuleren|intrekken|trek\s+in|stop)\b[\s:]*"),
    (Command.UNDO, r"(terugdraaien|draai\s+terug|maak\s+ongedaan)\b[\s:]*"),
    (Command.SUBMIT, rf"(indienen|dien\s+in|verstuur|verzenden){_END}"),
    (Command.DISCARD, rf"(weggooien|gooi\s+weg|opnieuw\s+beginnen){_END}"),
    (
        Command.OUT_OF_SCOPE,
        r".*\b(laptop|pc|computer|gsm|smartphone|tablet|telefoon|toestel|scherm)\b",
    ),
)
_COMPILED: Final = tuple((command, re.compile(text, re.IGNORECASE)) for command, text in _PATTERNS)


def understand_command(text: str) -> Asked:
    """Return what a message asks for; `OTHER` with the whole text when it is no command."""
    plain = " ".join(text.split())
    for command, pattern in _COMPILED:
        match = pattern.match(plain)
        if match:
            return Asked(command, plain[match.end() :].strip())
    return Asked(Command.OTHER, plain)
