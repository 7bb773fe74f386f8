"""Who may see a request and who may act on it; asked again at every click."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mutations.case_finder import Outcome
from mutations.clock import local_date
from mutations.errors import DomainError
from mutations.identity import EntityCode, ObjectId
from mutations.life_cycle import State
from mutations.register import Contact, Register
from mutations.request import MutationRequest, SetAside


class Role(StrEnum):
    """What somebody is to one request."""

    REQUESTER = "requester"
    SUBJECT = "subject"
    DECIDER = "decider"
    SERVICE_DESK = "service_desk"


class NotInvolvedError(DomainError):
    """The request does not exist, or is not this person's business: the answer is the same."""

    message_key = "error.request.unknown"


class NotEntitledError(DomainError):
    """The person sees the request but may not do this."""

    message_key = "error.not_entitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who asks, with what the register says of them today.

    Attributes:
        on: Today in Brussels.
        decides_for: Entities that the person may decide for.
        service_desk: True for people who carry out manual steps.
    """

    person: ObjectId
    on: date
    register: Register
    decides_for: frozenset[EntityCode]
    service_desk: bool


_NEVER_ASKED = (Outcome.P, Outcome.D)
SERVICE_DESK_STATES = (
    State.SCHEDULED,
    State.CARRYING_OUT,
    State.ATTENTION,
    State.UNDOING,
    State.UNDONE,
    State.DONE,
)


def viewer(person: ObjectId, register: Register, *, on: date) -> Viewer:
    """Return what the register says of `person` on a day in Brussels."""
    entities = register.entities.values()
    return Viewer(
        person=person,
        on=on,
        register=register,
        decides_for=frozenset(entity.code for entity in entities if person in entity.deciders(on)),
        service_desk=register.is_service_desk(person),
    )


def deciders(
    register: Register,
    source: EntityCode | None,
    *,
    parties: frozenset[ObjectId],
    set_aside: SetAside,
    on: date,
) -> Mapping[ObjectId, Contact]:
    """Return who may decide for the source entity on a day.

    The `parties` (requester and colleague) and their second accounts are never among them, also
    not through their deputies (rulebook, "Who may do what"). The deputy of somebody who is
    merely away stands in.
    """
    entity = register.entity(source) if source else None
    if entity is None:
        return {}
    apart_from = parties.union(set_aside.second_accounts)
    found = entity.deciders(on, apart_from=apart_from)
    return {person: found[person] for person in found if person not in set_aside.outsiders}


def deciders_of(
    request: MutationRequest, register: Register, *, on: date
) -> Mapping[ObjectId, Contact]:
    """Return who may decide on `request` on a day in Brussels."""
    return deciders(
        register,
        request.source,
        parties=parties_of(request),
        set_aside=request.set_aside,
        on=on,
    )


def service_desk_of(request: MutationRequest, register: Register) -> tuple[Contact, ...]:
    """Return who may solve what stopped the work: nobody helps an order of their own."""
    aside = request.set_aside
    apart = parties_of(request).union(aside.second_accounts, aside.outsiders)
    return tuple(contact for contact in register.service_desk if contact.object_id not in apart)


def parties_of(request: MutationRequest) -> frozenset[ObjectId]:
    """Return the requester and the colleague."""
    return frozenset({request.requester.object_id, request.subject.object_id})


def decision_stands(request: MutationRequest, register: Register) -> bool:
    """Tell whether the register, as it is now, has the decider as one on the decision's day."""
    decision = request.decision
    if decision is None:
        return False
    on = local_date(decision.at)
    return decision.by.object_id in deciders_of(request, register, on=on)


def roles(request: MutationRequest, viewer: Viewer) -> frozenset[Role]:
    """Return what the viewer is to the request; empty for somebody who may not see it."""
    found = set()
    if viewer.person == request.requester.object_id:
        found.add(Role.REQUESTER)
    if viewer.person == request.subject.object_id:
        found.add(Role.SUBJECT)
    if _decides(request, viewer):
        found.add(Role.DECIDER)
    if _helps(request, viewer):
        found.add(Role.SERVICE_DESK)
    return frozenset(found)


def _decides(request: MutationRequest, viewer: Viewer) -> bool:
    """Tell whether the source entity was asked, and this person may answer for it."""
    if request.source not in viewer.decides_for:
        return False
    was_asked = request.outcome not in _NEVER_ASKED or request.decision is not None
    return was_asked and viewer.person in deciders_of(request, viewer.register, on=viewer.on)


def _helps(request: MutationRequest, viewer: Viewer) -> bool:
    if not viewer.service_desk or request.state not in SERVICE_DESK_STATES:
        return False
    desk = service_desk_of(request, viewer.register)
    return any(contact.object_id == viewer.person for contact in desk)


def require(request: MutationRequest | None, viewer: Viewer, role: Role) -> MutationRequest:
    """Return the request if the viewer has `role` in it.

    Raises:
        NotInvolvedError: There is no such request, or it is not the viewer's business.
        NotEntitledError: The viewer may see it, but only somebody else may do this.
    """
    found = roles(request, viewer) if request else frozenset()
    if request is None or not found:
        raise NotInvolvedError
    if role not in found:
        raise NotEntitledError(number=request.number)
    return request
