"""The register of entities: who asks, who decides, which domains and licences an entity has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mutations.case_finder import Outcome
from mutations.identity import EntityCode, ObjectId, Upn


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person that the register names."""

    object_id: ObjectId
    name: str
    upn: Upn


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputy:
    """Someone who decides for an approver, from `from_on` up to and including `until_on`."""

    contact: Contact
    from_on: date
    until_on: date

    def stands_in(self, on: date) -> bool:
        """Tell whether this deputy may decide on a calendar day in Brussels."""
        return self.from_on <= on <= self.until_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Someone who decides for the source entity on keeping the data, with deputies."""

    contact: Contact
    deputies: tuple[Deputy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One entity of the government.

    Attributes:
        domains: Mail domains, the first one is used for new UPNs (R2).
        pools: Number of licences per pool: O365 profiles, `Delegate365`, `OASE` (R13).
        closed_on: First day on which the entity no longer exists.
    """

    code: EntityCode
    name: str
    domains: tuple[str, ...]
    on_tenant: bool
    requesters: tuple[Contact, ...]
    approvers: tuple[Approver, ...]
    pools: Mapping[str, int]
    closed_on: date | None = None

    def is_closed(self, on: date) -> bool:
        """Tell whether the entity no longer exists on a day."""
        return self.closed_on is not None and on >= self.closed_on

    def has_requester(self, person: ObjectId) -> bool:
        """Tell whether `person` may ask for moves towards this entity."""
        return any(contact.object_id == person for contact in self.requesters)

    def deciders(
        self, on: date, *, apart_from: frozenset[ObjectId] = frozenset()
    ) -> dict[ObjectId, Contact]:
        """Return who may decide for this entity on a day, deputies inside their dates included.

        Whoever is in `apart_from` decides neither in person nor through a deputy.
        """
        approvers = [one for one in self.approvers if one.contact.object_id not in apart_from]
        contacts = [approver.contact for approver in approvers]
        contacts += [
            deputy.contact
            for approver in approvers
            for deputy in approver.deputies
            if deputy.stands_in(on)
        ]
        found = {contact.object_id: contact for contact in contacts}
        return {person: found[person] for person in found if person not in apart_from}

    def named_deciders(self) -> frozenset[ObjectId]:
        """Return everybody who decides for this entity on any day, in person or as a deputy."""
        own = {approver.contact.object_id for approver in self.approvers}
        deputies = {
            deputy.contact.object_id for approver in self.approvers for deputy in approver.deputies
        }
        return frozenset(own | deputies)


class OldAccount(StrEnum):
    """What becomes of the old account of order C once the data was brought over (R9)."""

    DISABLE = "disable"  # nobody signs in with it any more
    DELETE = "delete"  # after that it goes to the recycle bin as well; never purged


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Terms of the catalogue that the source page leaves open or that changed since: all choices.

    Attributes:
        version: Version of these terms; an open request keeps the one it was made under.
        lead_times: Working days per order (R1).
        onedrive_days: Days that OneDrive data stays after order B (R8).
        recycle_bin_days: Days that data stays in the recycle bin in case D.
        days_ahead: How far ahead a start date may lie.
        remind_after: Working days after which approvers, and requesters of case D, are reminded,
            each time; as long a checklist waits for what the directory does not show.
        expire_after: Working days after the start date at which a request without order ends; a
            checklist (D) as long after its data was gone.
        warn_before: Days before the end of the data (OneDrive in B, recycle bin in D) at which
            people are warned.
        old_account: What becomes of the old account of order C; read when the work starts.
        undo_days: Working days after the day an order was done on which it can be taken back.
        hand_days: Working days in which the service desk does a step by hand.
        bulk_above: More orders than this of one move, on one day, are a reorganisation.
    """

    version: str
    lead_times: Mapping[Outcome, int]
    onedrive_days: int
    recycle_bin_days: int
    days_ahead: int
    remind_after: int
    expire_after: int
    warn_before: int
    supplier: str
    order_portal: str
    service_delivery_manager: Contact
    shared_pools: tuple[str, ...] = ("Delegate365", "OASE")
    hand_days: int = 2
    undo_days: int = 5
    old_account: OldAccount = OldAccount.DISABLE
    bulk_above: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All entities and the contract, as one reviewed file says."""

    entities: Mapping[EntityCode, Entity]
    service_desk: tuple[Contact, ...]
    contract: Contract

    @property
    def tenant_domains(self) -> frozenset[str]:
        """Return the mail domains that the tenant may use: those of the entities on it."""
        entities = self.entities.values()
        return frozenset(domain for each in entities if each.on_tenant for domain in each.domains)

    def entity(self, code: EntityCode) -> Entity | None:
        """Return one entity, or None for a code that the register does not know."""
        return self.entities.get(code)

    def entity_of_address(self, address: str) -> Entity | None:
        """Return the one entity that uses the mail domain of an address, or None."""
        domain = address.rpartition("@")[2].lower()
        found = [entity for entity in self.entities.values() if domain in entity.domains]
        return found[0] if len(found) == 1 else None

    def name_of(self, code: EntityCode) -> str:
        """Return the name of an entity, or its code when it left the register."""
        entity = self.entities.get(code)
        return entity.name if entity else code

    def requested_by(self, person: ObjectId, on: date) -> tuple[Entity, ...]:
        """Return the open entities for which `person` may ask, by name."""
        found = [
            entity
            for entity in self.entities.values()
            if entity.has_requester(person) and not entity.is_closed(on)
        ]
        return tuple(sorted(found, key=lambda entity: entity.name))

    def is_service_desk(self, person: ObjectId) -> bool:
        """Tell whether `person` carries out manual steps."""
        return any(contact.object_id == person for contact in self.service_desk)
