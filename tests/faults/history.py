"""A history of what people pressed and read, and the checker that looks for contradictions.

Each request is a register that may be written once. A press that was answered must fit one order
of events in real time; a press without an answer may or may not have counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Answer(StrEnum):
    """What the answer to a press said."""

    MINE = "mine"  # the presser's choice stands
    LATE = "late"  # somebody else was first
    ENDED = "ended"  # the request had ended without a decision
    UNKNOWN = "unknown"  # no answer came


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of one person, from when to when by the clock of the test.

    Attributes:
        winner: Who decided, as the answer names them; empty when it names nobody.
    """

    request: str
    actor: str
    choice: str
    begun: float
    ended: float
    answer: Answer
    winner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is stored about a request at the end."""

    winner: str = ""
    choice: str = ""
    decisions: int = 0
    refusals: int = 0


@dataclass
class History:
    """Everything that was pressed on one request."""

    presses: list[Press] = field(default_factory=list)

    def anomalies(self, outcome: Outcome) -> Sequence[str]:
        """Return every contradiction, in words; empty when one order of events explains all."""
        found = [*self._of_outcome(outcome)]
        for press in self.presses:
            found += self._of_press(press, outcome)
        return found

    def _of_outcome(self, outcome: Outcome) -> list[str]:
        found = []
        if outcome.decisions > 1 or (outcome.decisions == 1) != bool(outcome.winner):
            found.append(f"{outcome.decisions} decisions on record, by {outcome.winner or '-'}")
        losers = sum(one.answer in {Answer.LATE, Answer.ENDED} for one in self.presses)
        unknown = sum(one.answer is Answer.UNKNOWN for one in self.presses)
        if not losers <= outcome.refusals <= losers + unknown:
            found.append(f"{outcome.refusals} refusals on record, {losers} were told")
        choices = {
            (one.actor, one.choice) for one in self.presses if one.answer is not Answer.LATE
        }
        if outcome.winner and (outcome.winner, outcome.choice) not in choices:
            found.append(f"{outcome.winner} never pressed {outcome.choice}")
        return found

    def _of_press(self, press: Press, outcome: Outcome) -> list[str]:
        found = []
        is_winner = (press.actor, press.choice) == (outcome.winner, outcome.choice)
        if press.answer is Answer.MINE and not is_winner:
            found.append(f"{press.actor} was told that {press.choice} stands")
        if press.answer is Answer.LATE and press.winner != outcome.winner:
            found.append(f"{press.actor} read that {press.winner} won, not {outcome.winner}")
        if press.answer is Answer.LATE and is_winner and self._never_lost(press):
            found.append(f"{press.actor} won and was told to be late")
        if press.answer in {Answer.MINE, Answer.LATE} and press.ended < self._first_of(outcome):
            found.append(f"{press.actor} read a decision before anybody had pressed it")
        return found

    def _never_lost(self, press: Press) -> bool:
        """Tell whether this choice was the only one that its actor pressed."""
        return all(one.choice == press.choice for one in self.presses if one.actor == press.actor)

    def _first_of(self, outcome: Outcome) -> float:
        begun = [
            one.begun
            for one in self.presses
            if (one.actor, one.choice) == (outcome.winner, outcome.choice)
        ]
        return min(begun, default=float("inf"))
