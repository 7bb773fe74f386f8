"""A half-filled request: form and typed answers fill the same draft."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from mutations.case_finder import Retention
from mutations.identity import EntityCode, ObjectId


class Question(StrEnum):
    """What a draft still has to learn, in the order in which it is asked."""

    COLLEAGUE = "colleague"
    TARGET = "target"
    EFFECTIVE_ON = "effective_on"
    STATUS_CHANGES = "status_changes"
    WISH = "wish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Someone who may be the colleague that was meant."""

    object_id: ObjectId
    name: str
    upn: str
    entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One draft per person who asks; it survives restarts.

    Attributes:
        id: Opaque id of this draft; a form card of an earlier draft is refused.
        version: Raised at every save.
        colleague_name: Name to show for `colleague`.
        candidates: People to choose from while the colleague's name fits several.
    """

    id: str
    person: ObjectId
    version: int = 0
    colleague: ObjectId | None = None
    colleague_name: str = ""
    candidates: tuple[Candidate, ...] = ()
    target: EntityCode | None = None
    effective_on: date | None = None
    status_changes: bool | None = None
    wish: Retention | None = None

    def open_question(self) -> Question | None:
        """Return the first question without an answer, or None when the draft is complete."""
        values = {
            Question.COLLEAGUE: self.colleague,
            Question.TARGET: self.target,
            Question.EFFECTIVE_ON: self.effective_on,
            Question.STATUS_CHANGES: self.status_changes,
            Question.WISH: self.wish,
        }
        return next((question for question, value in values.items() if value is None), None)

    def without(self, question: Question) -> "Draft":
        """Return this draft with one answer taken back."""
        if question is Question.COLLEAGUE:
            return replace(self, colleague=None, colleague_name="", candidates=())
        return replace(self, **{question.value: None})  # type: ignore[arg-type]
