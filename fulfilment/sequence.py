"""Which steps of an order wait for which, so that all others are done side by side.

Before the litigation hold shows, nothing is touched (R7). One change to the mailbox follows the
other, and an address is taken away only once the tenant made an alias of it.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fulfilment.hand_run import HandRun
from fulfilment.journal import StepState
from fulfilment.step_run import StepRun

_WRITTEN: Final = frozenset({StepState.WRITTEN, StepState.CONVERGING, StepState.VERIFIED})
_VERIFIED: Final = frozenset({StepState.VERIFIED})

_HELD: Final = {"mailbox.litigation_hold": _VERIFIED}
_CHANGED: Final = {"account.upn": _WRITTEN, "account.entity": _WRITTEN}

_NEEDS: Final[Mapping[str, Mapping[str, frozenset[StepState]]]] = MappingProxyType(
    {
        "mailbox.litigation_hold": {},
        "groups.leave": _HELD,
        "mailbox.aliases": _HELD,
        "account.upn": {**_HELD, "groups.leave": _WRITTEN, "mailbox.aliases": _WRITTEN},
        "account.entity": {**_HELD, "data.migration": _VERIFIED},
        "mailbox.old_address": {"account.upn": _VERIFIED},
        "onedrive.retention_record": _HELD,
        "mailbox.aliases_kept": _CHANGED,
        "groups.kept": _CHANGED,
    }
)
"""How far other steps must be, by name; a step that is not here waits for all before it."""


def may_begin(run: StepRun, earlier: Sequence[StepRun]) -> bool:
    """Tell whether everything that a step waits for is there.

    What a person does comes after all that the program can do before it, so that one person gets
    all their work at once.

    Args:
        run: The step.
        earlier: The steps before it in the plan.
    """
    if isinstance(run, HandRun):
        return all(one.state in _VERIFIED for one in earlier if not isinstance(one, HandRun))
    needs = _NEEDS.get(run.name)
    if needs is None:
        return all(one.state in _VERIFIED for one in earlier)
    return all(one.state in needs[one.name] for one in earlier if one.name in needs)
