"""From what somebody typed or chose to an answer that the draft can keep."""

from collections.abc import Mapping
from datetime import date

from dialogs import card_data
from dialogs.answers import understand_change, understand_keep
from dialogs.dates import understand_date
from dialogs.entity_names import Nothing, One, match_entities
from mutations.case_finder import Retention
from mutations.directory import Person
from mutations.draft import Candidate, Draft, Question
from mutations.errors import DomainError
from mutations.identity import EntityCode, ObjectId
from mutations.intake import (
    AnswerError,
    UnknownEntityError,
    check_colleague,
    check_effective_on,
    check_target,
)
from mutations.use_cases import UseCases
from mutations.use_cases.submit import OldDraftError

Understood = dict[str, object]

NAME_LIMIT = 200


class UnknownColleagueError(AnswerError):
    """The directory shows nobody with that name or address."""

    message_key = "error.colleague.unknown"
    question = Question.COLLEAGUE


class UnclearDateError(AnswerError):
    """The text is no date that we understand."""

    message_key = "error.date.unclear"
    question = Question.EFFECTIVE_ON


class UnclearAnswerError(DomainError):
    """The text is not one of the possible answers."""

    message_key = "error.answer.unclear"


class MissingAnswerError(DomainError):
    """A field of the form is empty."""

    message_key = "error.answer.missing"


class DraftAnswers:
    """Understands answers; the rules decide whether they can stand."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use = use_cases
        self._context = use_cases.context

    def question(self, value: str) -> Question:
        """Return the question that a button belongs to.

        Raises:
            BrokenCardError: There is no such question.
        """
        try:
            return Question(value)
        except ValueError:
            raise card_data.BrokenCardError from None

    async def typed(self, draft: Draft, question: Question, text: str) -> Understood:
        """Return what a typed answer to `question` changes in the draft.

        Raises:
            DomainError: It is not understood, or it cannot stand.
        """
        match question:
            case Question.COLLEAGUE:
                return await self._colleague(draft, text)
            case Question.TARGET:
                return {"target": self._typed_target(draft, text)}
            case Question.EFFECTIVE_ON:
                return {"effective_on": self._date(text)}
            case Question.STATUS_CHANGES:
                return {"status_changes": _clear(understand_change(text))}
            case Question.WISH:
                keep = _clear(understand_keep(text))
                return {"wish": Retention.KEEP if keep else Retention.NOT_KEEP}

    async def from_form(
        self, draft: Draft, question: Question, data: Mapping[str, object]
    ) -> Understood:
        """Return what one field of the form changes in the draft.

        Raises:
            BrokenCardError: The data is not what our form sends.
            DomainError: The answer is missing or cannot stand.
        """
        value = card_data.text(data, question.value)
        if question is Question.EFFECTIVE_ON:
            return {"effective_on": self._form_date(value, card_data.text(data, "effective_text"))}
        if not value:
            raise MissingAnswerError
        match question:
            case Question.COLLEAGUE if draft.colleague and value == draft.colleague_name:
                return {}  # the form shows only the name of the one that was chosen
            case Question.COLLEAGUE:
                return await self._colleague(draft, value)
            case Question.TARGET:
                return {"target": self._target(draft, EntityCode(value))}
            case Question.STATUS_CHANGES:
                return {"status_changes": _one_of(value, {"yes": True, "no": False})}
            case Question.WISH:
                return {"wish": _one_of(value, {kind.value: kind for kind in Retention})}

    def chosen(self, draft: Draft, object_id: str) -> Understood:
        """Return the draft's colleague as chosen out of its candidates.

        Raises:
            OldDraftError: The choice was made in the meantime.
            BrokenCardError: The card did not offer this person.
        """
        if not draft.candidates:
            raise OldDraftError
        for candidate in draft.candidates:
            if candidate.object_id == object_id:
                return _colleague(candidate.object_id, candidate.name)
        raise card_data.BrokenCardError

    async def _colleague(self, draft: Draft, text: str) -> Understood:
        if len(text) > NAME_LIMIT:
            raise UnknownColleagueError(text=text)
        among = _by_number(draft, text)
        if among is not None:
            return _colleague(among.object_id, among.name)
        found = await self._use.find_colleague(text)
        exact = [person for person in found if _is_exactly(person, text)]
        if len(exact) == 1:
            found = exact
        if not found:
            raise UnknownColleagueError(text=text)
        if len(found) == 1:
            check_colleague(found[0], draft.person)
            return _colleague(found[0].object_id, found[0].name)
        return {
            "colleague": None,
            "colleague_name": text,
            "candidates": tuple(self._candidate(person) for person in found),
        }

    def _candidate(self, person: Person) -> Candidate:
        entity = self._context.register.name_of(person.entity) if person.entity else ""
        return Candidate(
            object_id=person.object_id, name=person.name, upn=person.upn, entity=entity
        )

    def _typed_target(self, draft: Draft, text: str) -> EntityCode:
        register = self._context.register
        match match_entities(text, tuple(register.entities.values())):
            case One(entity=entity):
                return self._target(draft, entity.code)
            case Nothing():
                raise UnknownEntityError(text=text)
            case several:
                mine = [each for each in several.entities if each.has_requester(draft.person)]
                if len(mine) == 1:
                    return self._target(draft, mine[0].code)
                raise UnknownEntityError(text=text)

    def _target(self, draft: Draft, code: EntityCode) -> EntityCode:
        register, today = self._context.register, self._context.today()
        return check_target(code, draft.person, register, on=today).code

    def _form_date(self, picked: str, typed: str) -> date:
        if not picked and not typed:
            raise MissingAnswerError
        return self._date(typed or picked)

    def _date(self, text: str) -> date:
        today = self._context.today()
        day = understand_date(text, today=today)
        if day is None:
            raise UnclearDateError(text=text)
        days_ahead = self._context.register.contract.days_ahead
        check_effective_on(day, today=today, days_ahead=days_ahead)
        return day


def _colleague(object_id: ObjectId, name: str) -> Understood:
    return {"colleague": object_id, "colleague_name": name, "candidates": ()}


def _by_number(draft: Draft, text: str) -> Candidate | None:
    """Return the candidate that was answered with its number in the list."""
    if draft.colleague is None and text.isdecimal() and 1 <= int(text) <= len(draft.candidates):
        return draft.candidates[int(text) - 1]
    return None


def _is_exactly(person: Person, text: str) -> bool:
    return text.casefold() in (person.upn.casefold(), person.name.casefold())


def _clear(answer: bool | None) -> bool:  # noqa: FBT001 - the answer itself
    if answer is None:
        raise UnclearAnswerError
    return answer


def _one_of(value: str, choices: Mapping[str, object]) -> object:
    if value not in choices:
        raise card_data.BrokenCardError
    return choices[value]
