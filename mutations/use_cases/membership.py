"""Members only, and nobody twice: asked of the directory at the moment that somebody acts.

No transaction is open while the directory is asked.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeGuard

from mutations.authority import NotEntitledError
from mutations.directory import Directory, Person
from mutations.errors import DomainError
from mutations.identity import EntityCode, ObjectId
from mutations.party import Party
from mutations.register import Register
from mutations.request import MutationRequest, SetAside


class NotAMemberError(DomainError):
    """A guest, or somebody whose account is gone or switched off."""

    message_key = "error.not_member"


class OwnAccountError(NotEntitledError):
    """A second account of the requester or the colleague tries what only others may do."""

    message_key = "error.own_account"


def is_member(person: Person | None) -> TypeGuard[Person]:
    """Tell whether an account is there, switched on and no guest's."""
    return person is not None and person.is_enabled and not person.is_guest


async def require_member(directory: Directory, object_id: ObjectId) -> Person:
    """Return the account of somebody who wants to change something.

    Raises:
        NotAMemberError: Only members of the organisation work with the bot.
        DirectoryUnavailableError: The directory did not answer.
    """
    person = await directory.person(object_id)
    if not is_member(person):
        raise NotAMemberError
    return person


def same_human(person: Person, others: Iterable[str]) -> bool:
    """Tell whether an account is of a human with one of these employee numbers."""
    number = _number(person.employee_id)
    return bool(number) and number in {_number(other) for other in others}


async def employee_ids(directory: Directory, *parties: Party) -> frozenset[str]:
    """Return the employee numbers of people: as the request has them, and as they are now.

    Raises:
        DirectoryUnavailableError: The directory did not answer.
    """
    found = await _accounts(directory, [party.object_id for party in parties])
    now = {person.employee_id for person in found if person is not None}
    return frozenset(now.union(party.employee_id for party in parties) - {""})


async def require_other_human(
    directory: Directory, person: Person, request: MutationRequest
) -> None:
    """Refuse somebody who is the requester or the colleague with another account.

    Raises:
        OwnAccountError: It is.
        DirectoryUnavailableError: The directory did not answer.
    """
    if same_human(person, await employee_ids(directory, request.requester, request.subject)):
        raise OwnAccountError(number=request.number)


async def look_aside(
    directory: Directory,
    register: Register,
    source: EntityCode | None,
    *,
    parties: Iterable[Party],
) -> SetAside:
    """Return who of the deciders and the service desk does not count for these parties.

    Raises:
        DirectoryUnavailableError: The directory did not answer.
    """
    known = tuple(parties)
    entity = register.entity(source) if source else None
    named = {contact.object_id for contact in register.service_desk}
    named |= entity.named_deciders() if entity else set()
    asked = sorted(named - {party.object_id for party in known})
    numbers = await employee_ids(directory, *known)
    found = await _accounts(directory, asked)
    accounts = dict(zip(asked, found, strict=True))
    return SetAside(
        second_accounts=tuple(
            one for one, person in accounts.items() if person and same_human(person, numbers)
        ),
        outsiders=tuple(one for one, person in accounts.items() if not is_member(person)),
    )


async def _accounts(directory: Directory, people: Sequence[ObjectId]) -> list[Person | None]:
    return await asyncio.gather(*(directory.person(one) for one in people))


def _number(employee_id: str) -> str:
    return employee_id.strip().casefold()
