"""Step `account.new`: the new account of order C comes from WebIDM, by hand (R9).

The bot finds it in the directory by the number of the human. An account that was there before
the order counts only once the service desk says that it is the one: people may have a second
account for other work. What verified the step pins the object id for every later step.
"""

from typing import ClassVar

from fulfilment.steps.new_account import candidates, new_account
from fulfilment.steps.step import State, StepContext, Verdict, text, texts
from fulfilment.tenant import Account, PermanentTenantError
from mutations.identity import EntityCode
from mutations.plan import Route, Undo


class FindNewAccount:
    """Waits until the directory shows exactly one new account of the colleague."""

    name: ClassVar[str] = "account.new"
    route: ClassVar[Route] = Route.HAND
    undo: ClassVar[Undo] = Undo.HAND

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._employee_id = text(args, "employee_id")
        self._target = EntityCode(text(args, "target"))

    async def inspect(self) -> State:
        """Return which other accounts of the human reach the new entity, before the order."""
        found = await candidates(self._context, self._employee_id, self._target)
        return {"known": sorted(one.object_id for one in found), "account": None, "upn": ""}

    async def apply(self) -> None:
        """Change nothing: the account comes from WebIDM."""

    async def verify(self, before: State) -> Verdict:
        """Hold when there is exactly one, or when the one that was found is still in use."""
        found = await new_account(self._context) or await self._only_one()
        is_new = found is not None and found.object_id not in texts(before, "known")
        holds = found is not None and found.enabled and (is_new or self._is_reported)
        seen = {"account": found.object_id, "upn": found.upn} if found and holds else {}
        return Verdict(holds, {"account": None, "upn": "", **seen})

    @staticmethod
    def readable(state: State) -> str:
        """Return the UPN of the new account."""
        return text(state, "upn")

    @property
    def _is_reported(self) -> bool:
        return self._context.report is not None

    async def _only_one(self) -> Account | None:
        found = await candidates(self._context, self._employee_id, self._target)
        if len(found) > 1:
            raise PermanentTenantError("tenant.new_account_ambiguous", {"count": len(found)})
        return found[0] if found else None
