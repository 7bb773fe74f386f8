"""Plans of orders that a supplier carries out."""

from dataclasses import replace
from typing import Final

from mutations.plan import Move, Plan, PlannedStep, Planner, Route, Undo

_OWN: Final = frozenset({Route.RECORD, Route.READ})
_ASKED_BACK: Final = frozenset({Undo.BACK, Undo.HAND})


class SupplierPlanner:
    """Plans as another planner does, with every change left to the supplier.

    No step is by hand for the service desk: what no program can do the supplier does as well.
    """

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    async def plan(self, move: Move) -> Plan:
        """Return what the supplier would be asked for `move`.

        Raises:
            DirectoryUnavailableError: The tenant did not answer.
        """
        plan = await self._planner.plan(move)
        return replace(plan, steps=tuple(_left_to_supplier(step) for step in plan.steps))


def _left_to_supplier(step: PlannedStep) -> PlannedStep:
    if step.route in _OWN:
        return step
    undo = Undo.SUPPLIER if step.undo in _ASKED_BACK else step.undo
    return replace(step, route=Route.SUPPLIER, undo=undo)
