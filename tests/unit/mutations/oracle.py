"""Who may do what, told a second time: by plain reading of register and directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from mutations.case_finder import Retention
from mutations.clock import local_date
from mutations.identity import ObjectId
from mutations.register import Approver, Deputy
from mutations.request import MutationRequest
from tests.unit.mutations.office import A_MONDAY, ASKER, COLLEAGUE, Office, usual_register
from tests.unit.mutations.strategies import PEOPLE, SOURCE

somebody = st.sampled_from(PEOPLE)
OTHERS: Final = PEOPLE[2:]
choices = st.sampled_from([*Retention, None])
first_day: Final = A_MONDAY.date()
windows = st.tuples(st.integers(-3, 9), st.integers(0, 9)).map(
    lambda edges: (
        first_day + timedelta(days=edges[0]),
        first_day + timedelta(days=edges[0] + edges[1]),
    )
)
deputies = st.builds(
    lambda person, days: Deputy(contact=person, from_on=days[0], until_on=days[1]),
    somebody,
    windows,
)
approvers = st.builds(
    Approver, contact=somebody, deputies=st.lists(deputies, max_size=2).map(tuple)
)
desks = st.lists(somebody, min_size=1, max_size=3, unique=True).map(tuple)
registers = st.one_of(
    st.builds(usual_register),
    st.builds(
        lambda found, desk: usual_register(*found, helpers=desk),
        st.lists(approvers, min_size=2, max_size=4),
        desks,
    ),
)

FALLS: Final[Mapping[str, Mapping[str, object]]] = {
    "guest": {"is_guest": True},
    "switched off": {"is_enabled": False},
    "is the requester": {"employee_id": f"nr-{ASKER.object_id}"},
    "is the colleague": {"employee_id": f"nr-{COLLEAGUE.object_id}"},
}
falls = st.sampled_from(["gone", "removed", *FALLS])


@dataclass(frozen=True)
class Oracle:
    """Says who may do what, by plain reading of register and directory as they are now."""

    office: Office
    request: MutationRequest
    known: frozenset[str]

    def is_member(self, person: ObjectId) -> bool:
        found = self.office.directory.accounts.get(person)
        return found is not None and found.is_enabled and not found.is_guest

    def is_party(self, person: ObjectId) -> bool:
        parties = (self.request.requester.object_id, self.request.subject.object_id)
        accounts = self.office.directory.accounts
        now = {accounts[one].employee_id for one in parties if one in accounts}
        own = accounts[person].employee_id if person in accounts else ""
        return person in parties or (own != "" and own in now | self.known)

    def decides(self, person: ObjectId) -> bool:
        """Tell whether somebody is an approver, or deputy of one who is no party, today."""
        today = local_date(self.office.clock.now())
        entity = self.office.register.entities[SOURCE]
        named = False
        for one in entity.approvers:
            named |= one.contact.object_id == person
            if not self.is_party(one.contact.object_id):
                named |= any(
                    deputy.contact.object_id == person
                    and deputy.from_on <= today <= deputy.until_on
                    for deputy in one.deputies
                )
        return named and self.is_member(person) and not self.is_party(person)

    def helps(self, person: ObjectId) -> bool:
        desk = {one.object_id for one in self.office.register.service_desk}
        return person in desk and self.is_member(person) and not self.is_party(person)
