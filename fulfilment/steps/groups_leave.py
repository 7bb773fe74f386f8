"""Step `groups.leave`: order B removes the access to one O365 group (R6)."""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, text
from fulfilment.tenant import Membership
from mutations.plan import Route, Undo


class LeaveGroup:
    """Ends ownership and membership of one group; the tenant refuses for its last owner."""

    name: ClassVar[str] = "groups.leave"
    route: ClassVar[Route] = Route.GRAPH
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._group_id = text(args, "group")
        self._title = text(args, "title")

    async def inspect(self) -> State:
        """Return what the colleague is in the group."""
        membership = await self._membership()
        return {
            "group": self._title,
            "member": membership is not None and membership.is_member,
            "owner": membership is not None and membership.is_owner,
        }

    async def apply(self) -> None:
        """End what there is, ownership first: it is what can be refused."""
        membership = await self._membership()
        if membership is None:
            return
        tenant, subject = self._context.tenant, self._context.subject
        if membership.is_owner:
            await tenant.remove_group_owner(self._group_id, subject)
        if membership.is_member:
            await tenant.remove_group_member(self._group_id, subject)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the colleague is neither member nor owner."""
        state = await self.inspect()
        return Verdict(not (state["member"] or state["owner"]), state)

    async def revert(self, before: State) -> None:
        """Make the colleague again what they were in the group."""
        now = await self._membership()
        tenant, subject = self._context.tenant, self._context.subject
        if before["member"] and not (now and now.is_member):
            await tenant.add_group_member(self._group_id, subject)
        if before["owner"] and not (now and now.is_owner):
            await tenant.add_group_owner(self._group_id, subject)

    async def reverted(self, before: State) -> Verdict:
        """Hold when the colleague is in the group what they were."""
        state = await self.inspect()
        same = all(state[key] == before[key] for key in ("member", "owner"))
        return Verdict(same, state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the name of the group while the colleague is in it."""
        return text(state, "group") if state["member"] or state["owner"] else ""

    async def _membership(self) -> Membership | None:
        found = await self._context.tenant.memberships(self._context.subject)
        return next((one for one in found if one.group_id == self._group_id), None)
