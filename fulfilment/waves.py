"""How steps of an order are carried out side by side, wave after wave."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from fulfilment.progress import Again, Finished, NeedsPerson, Progress, WaitsForHands
from fulfilment.sequence import may_begin
from fulfilment.step_run import StepRun

HeldUp = Callable[[int], Awaitable[Progress | None]]
"""Asked before so many changes are made; what it returns holds all of them up."""


async def carry_out(runs: Sequence[StepRun], held_up: HeldUp) -> Progress:
    """Bring an order as far as it goes: look at all, then wave after wave, then read all again.

    What was read in this call, after its last write, is not read twice.
    """
    fresh: set[StepRun] = set()
    progress = await look_at_all(runs) or await _waves(runs, fresh, held_up)
    if progress is not None:
        return progress
    assert all(run.is_over for run in runs), "a step waits for one that nothing holds up"
    unread = [run for run in runs if run not in fresh]
    return _outcome(await _together(StepRun.confirm, unread)) or Finished()


async def look_at_all(runs: Sequence[StepRun]) -> Progress | None:
    """Journal the state from before the order of every step; None when that is there."""
    return _outcome(await _together(StepRun.snapshot, runs))


async def _waves(runs: Sequence[StepRun], fresh: set[StepRun], held_up: HeldUp) -> Progress | None:
    """Make every change that nothing holds up, then read what was changed, until nothing moves.

    One call writes a step at most once and reads it at most once; `fresh` tells afterwards which
    were read since the last write.
    """
    begun: set[StepRun] = set()
    read: set[StepRun] = set()
    met: list[Progress] = []
    while not any(isinstance(one, NeedsPerson) for one in met):
        ready = [
            run
            for at, run in enumerate(runs)
            if run.is_to_begin and run not in begun and may_begin(run, runs[:at])
        ]
        unread = [run for run in runs if run.is_to_read and run not in read]
        if ready:
            begun.update(ready)
            fresh.clear()
            met += await _begin(ready, held_up)
        elif unread:
            read.update(unread)
            fresh.update(unread)
            met += _told(await _together(StepRun.read, unread))
        else:
            break
    return _outcome(met)


async def _begin(runs: Sequence[StepRun], held_up: HeldUp) -> list[Progress]:
    """Journal what is about to be done, all of it, and then do it."""
    effects = sum(run.has_effect for run in runs)
    held = await held_up(effects) if effects else None
    if held is not None:
        return [held]
    intended = await _together(StepRun.intend, runs)
    acting = [run for run, progress in zip(runs, intended, strict=True) if progress is None]
    return _told([*intended, *await _together(StepRun.act, acting)])


async def _together(
    act: Callable[[StepRun], Awaitable[Progress | None]], runs: Sequence[StepRun]
) -> list[Progress | None]:
    """Do the same with all at the same moment; a fault is raised once all are done."""
    ended = await asyncio.gather(*(act(run) for run in runs), return_exceptions=True)
    results: list[Progress | None] = []
    for one in ended:
        if isinstance(one, BaseException):
            raise one
        results.append(one)
    return results


def _told(results: Iterable[Progress | None]) -> list[Progress]:
    return [one for one in results if one is not None]


def _outcome(results: Iterable[Progress | None]) -> Progress | None:
    """Return what steps that were taken together came to: a person first, then the waiting."""
    told = _told(results)
    for one in told:
        if isinstance(one, NeedsPerson):
            return one
    waits = min((one.after_s for one in told if isinstance(one, Again)), default=None)
    hands = [one for one in told if isinstance(one, WaitsForHands)]
    if hands:
        positions = sorted(position for one in hands for position in one.positions)
        asks = {position: ask for one in hands for position, ask in one.asks.items()}
        return WaitsForHands(tuple(positions), asks, waits)
    return None if waits is None else Again(waits)
