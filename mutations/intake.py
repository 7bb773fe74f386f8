"""What an answer to a question of the draft must satisfy."""

from datetime import date, timedelta
from typing import ClassVar

from mutations.directory import Person
from mutations.draft import Question
from mutations.errors import DomainError
from mutations.identity import EntityCode, ObjectId
from mutations.register import Entity, Register
from mutations.working_days import (
    holiday_name_key,
    is_working_day,
    last_working_day_before,
    next_working_day,
)


class AnswerError(DomainError):
    """An answer that cannot stand, with the question that it belongs to."""

    question: ClassVar[Question]


class OwnTransferError(AnswerError):
    """The colleague asks for their own move; somebody of the new entity must."""

    message_key = "error.colleague.own"
    question = Question.COLLEAGUE


class AlreadyThereError(AnswerError):
    """The colleague works in the new entity already, and the status does not change."""

    message_key = "error.colleague.there"
    question = Question.COLLEAGUE


class ColleagueGoneError(AnswerError):
    """The directory no longer shows the colleague."""

    message_key = "error.colleague.unknown"
    question = Question.COLLEAGUE


class UnknownEntityError(AnswerError):
    """The register has no such entity."""

    message_key = "error.target.unknown"
    question = Question.TARGET


class ClosedEntityError(AnswerError):
    """The entity no longer exists."""

    message_key = "error.target.closed"
    question = Question.TARGET


class NotYourEntityError(AnswerError):
    """The person does not ask for moves towards this entity."""

    message_key = "error.target.not_yours"
    question = Question.TARGET


class PastDateError(AnswerError):
    """The start date has gone by."""

    message_key = "error.date.past"
    question = Question.EFFECTIVE_ON


class FarDateError(AnswerError):
    """The start date lies further ahead than the contract allows."""

    message_key = "error.date.far"
    question = Question.EFFECTIVE_ON


class NotWorkingDayError(AnswerError):
    """Nobody works on the start date."""

    message_key = "error.date.not_working"
    question = Question.EFFECTIVE_ON


def check_colleague(colleague: Person, requester: ObjectId) -> None:
    """Refuse a colleague whose move this person may never ask for.

    Raises:
        OwnTransferError: It is the requester's own move.
    """
    if colleague.object_id == requester:
        raise OwnTransferError


def check_target(code: EntityCode, requester: ObjectId, register: Register, *, on: date) -> Entity:
    """Return the entity if the requester may ask for moves towards it on a day.

    Raises:
        UnknownEntityError: The register has no such entity.
        ClosedEntityError: It no longer exists.
        NotYourEntityError: Others ask for it; they are named.
    """
    entity = register.entity(code)
    if entity is None:
        raise UnknownEntityError(text=code)
    if entity.is_closed(on):
        raise ClosedEntityError(entity=entity.name, day=entity.closed_on)
    if not entity.has_requester(requester):
        names = tuple(contact.name for contact in entity.requesters)
        raise NotYourEntityError(entity=entity.name, names=names)
    return entity


def check_effective_on(day: date, *, today: date, days_ahead: int) -> None:
    """Refuse a start date on which no work can begin (R1).

    Raises:
        PastDateError: Before today.
        FarDateError: More than `days_ahead` days from today.
        NotWorkingDayError: A weekend, a holiday or the closed week; the next day is offered.
    """
    if day < today:
        raise PastDateError(day=day)
    last = today + timedelta(days=days_ahead)
    if day > last:
        raise FarDateError(day=day, last=last)
    if not is_working_day(day):
        following = next_working_day(day)
        if following > last:
            raise FarDateError(day=day, last=last_working_day_before(day))
        raise NotWorkingDayError(day=day, why=holiday_name_key(day), next=following)


def check_move(colleague: Person, target: Entity, *, status_changes: bool) -> None:
    """Refuse a move that changes nothing: same entity and same status.

    Raises:
        AlreadyThereError: The colleague works there already.
    """
    if colleague.entity == target.code and not status_changes:
        raise AlreadyThereError(entity=target.name)
