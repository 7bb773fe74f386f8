"""Somebody who changes a request: looked up in the directory, and in the register at each look."""

from dataclasses import dataclass
from typing import Self

from mutations.authority import Role, require
from mutations.directory import Person
from mutations.identity import ObjectId, RequestId
from mutations.ports import Reading
from mutations.request import MutationRequest
from mutations.use_cases.context import Context
from mutations.use_cases.membership import require_member, require_other_human


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of the organisation who wants to change something in one role."""

    person: Person
    role: Role
    context: Context

    @classmethod
    async def enter(cls, context: Context, object_id: ObjectId, role: Role) -> Self:
        """Look somebody up in the directory.

        Raises:
            NotAMemberError: A guest, or an account that is gone or switched off.
            DirectoryUnavailableError: The directory did not answer.
        """
        return cls(await require_member(context.directory, object_id), role, context)

    async def look(self, now: Reading, request_id: RequestId) -> MutationRequest:
        """Return a request, if the register gives this person the role in it at this moment.

        Raises:
            NotInvolvedError, NotEntitledError: It does not.
        """
        viewer = self.context.viewer(self.person.object_id)
        return require(await now.requests.get(request_id), viewer, self.role)

    async def seen(self, request_id: RequestId) -> MutationRequest:
        """Return a request as it stands, outside any transaction; raises what `look` raises."""
        return await self.context.store.read(lambda now: self.look(now, request_id))

    async def seen_by_another(self, request_id: RequestId) -> MutationRequest:
        """Return a request that is not about this human, nor asked by them.

        Raises:
            OwnAccountError: It is, with another account.
            DirectoryUnavailableError: The directory did not answer.
        """
        request = await self.seen(request_id)
        await require_other_human(self.context.directory, self.person, request)
        return request
