"""What the directory and the licence administration tell about people and entities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mutations.identity import EntityCode, ObjectId, Upn


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account as the directory shows it now.

    Attributes:
        entity: Entity that owns the account and its data; None for a guest.
        entitlements: Codes of the network entitlements that reached the directory (R11); the
            new entity's code appears here beside the old one once WebIDM has been changed.
        profile: Licence profile, such as Kenniswerker.
        status: Administrative status, such as ambtenaar (R4).
        is_guest: True for an account of another organisation.
        is_enabled: False for an account that nobody can sign in with.
        employee_id: Number of the human behind the account (Entra `employeeId`); the same on
            every account of one human, empty when the directory does not know it.
    """

    object_id: ObjectId
    name: str
    upn: Upn
    entity: EntityCode | None
    entitlements: frozenset[EntityCode]
    profile: str
    status: str
    is_guest: bool = False
    is_enabled: bool = True
    employee_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A group or site that a person reaches, with the people who answer for it."""

    name: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """The groups and SharePoint sites of one person (R5, R6)."""

    groups: tuple[Access, ...] = ()
    sites: tuple[Access, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCount:
    """Licences of one kind of one entity: how many there are and how many are given out."""

    total: int
    in_use: int


class DirectoryUnavailableError(Exception):
    """The directory did not answer; ask again later. Nothing is known, nothing was changed."""


class Directory(Protocol):
    """The directory of the tenant; every method may raise `DirectoryUnavailableError`."""

    async def search(self, text: str, *, limit: int) -> Sequence[Person]:
        """Return people whose name or address fits `text`, best first, at most `limit`."""
        ...

    async def person(self, object_id: ObjectId) -> Person | None:
        """Return one person, or None when the directory has no such account."""
        ...

    async def footprint(self, object_id: ObjectId) -> Footprint:
        """Return the groups and sites of a person with their owners."""
        ...

    async def licences(self, entity: EntityCode, pool: str) -> PoolCount | None:
        """Return the numbers of a licence pool, or None when the entity has no such pool."""
        ...
