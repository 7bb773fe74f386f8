"""Step `groups.kept`: order A left groups and SharePoint sites alone (R5); it only reads."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, lines, text
from mutations.plan import Route, Undo


class KeepGroups:
    """Checks that the colleague still reaches every group and site of before the order."""

    name: ClassVar[str] = "groups.kept"
    route: ClassVar[Route] = Route.READ
    undo: ClassVar[Undo] = Undo.NOTHING

    def __init__(self, context: StepContext, args: State) -> None:  # noqa: ARG002  # as every step
        self._context = context

    async def inspect(self) -> State:
        """Return the groups, with what the colleague is in them, and the sites."""
        tenant, subject = self._context.tenant, self._context.subject
        memberships, found = await asyncio.gather(
            tenant.memberships(subject), tenant.sites(subject)
        )
        groups: dict[str, object] = {
            one.group_id: {"name": one.name, "member": one.is_member, "owner": one.is_owner}
            for one in memberships
        }
        sites: dict[str, object] = {one.site_id: {"name": one.name} for one in found}
        return {"groups": groups, "sites": sites}

    async def apply(self) -> None:
        """Change nothing: keeping is what this step is for."""

    async def verify(self, before: State) -> Verdict:
        """Hold when nothing of before is missing or less than it was."""
        state = await self.inspect()
        return Verdict(_access(before).items() <= _access(state).items(), state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the names of the groups and sites, one a line."""
        return lines(text(one, "name") for one in _access(state).values())


def _access(state: State) -> dict[str, Mapping[str, object]]:
    merged: dict[str, Mapping[str, object]] = {}
    for kind in ("groups", "sites"):
        found = state[kind]
        if not isinstance(found, Mapping):
            raise TypeError(f"{kind} must be a mapping")
        merged |= {f"{kind}:{key}": one for key, one in found.items()}
    return merged
