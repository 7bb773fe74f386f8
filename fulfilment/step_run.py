"""One step on its way from pending to verified, a little further at every call."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from fulfilment.entry_run import EntryRun, Pace
from fulfilment.journal import Entry, Journal, StepState
from fulfilment.progress import Again, NeedsPerson, Progress
from fulfilment.steps.step import Step
from fulfilment.tenant import PermanentTenantError, TransientTenantError
from mutations.clock import Clock
from mutations.plan import Route

_CHANGING: Final = frozenset({Route.GRAPH, Route.EXCHANGE})
_LOGGER = structlog.get_logger(__name__)
_SPREADS: Final = frozenset(
    {"tenant.account_missing", "tenant.mailbox_missing", "tenant.new_account_missing"}
)
"""What is missing although it was read: one part of the tenant may know it before another."""


class StepRun(EntryRun):
    """Moves one journal entry forward; each change of it is saved before the next call goes out.

    Every method returns None to let the run go on, or what the run came to.
    """

    def __init__(
        self, entry: Entry, step: Step, *, journal: Journal, clock: Clock, pace: Pace
    ) -> None:
        super().__init__(entry, journal=journal, clock=clock, pace=pace)
        self._step = step

    @property
    def name(self) -> str:
        """Name of the step."""
        return self._entry.name

    @property
    def verified(self) -> Mapping[str, object] | None:
        """What the read saw that last verified the step; None until then."""
        return self._entry.after

    async def snapshot(self) -> Progress | None:
        """Journal the state from before the order, once."""
        if self._entry.before is not None:
            return None
        return await self._guarded(self._inspect)

    @property
    def state(self) -> StepState:
        """How far the step is."""
        return self._entry.state

    @property
    def is_over(self) -> bool:
        """Tell whether it was verified, or is beyond what the bot may read."""
        return self._entry.state in {StepState.VERIFIED, StepState.UNREADABLE}

    @property
    def has_effect(self) -> bool:
        """Tell whether carrying it out changes the tenant."""
        return self._step.route in _CHANGING

    @property
    def is_to_begin(self) -> bool:
        """Tell whether its change was not made yet, as far as is known."""
        return self._entry.state in {StepState.PENDING, StepState.WAITING, StepState.BLOCKED}

    @property
    def is_to_read(self) -> bool:
        """Tell whether its change was made and is not verified yet."""
        return self._entry.state in {StepState.WRITTEN, StepState.CONVERGING}

    async def intend(self) -> Progress | None:
        """Journal that the change is about to be made, unless it shows already."""
        return await self._guarded(self._intend)

    async def act(self) -> Progress | None:
        """Make the change that was journalled a moment ago; nothing when there is none."""
        if self._entry.state is not StepState.PENDING:
            return None
        return await self._guarded(self._act)

    async def read(self) -> Progress | None:
        """Read once whether the change shows; verified when enough reads in a row agree."""
        return await self._guarded(self._read)

    async def confirm(self) -> Progress | None:
        """Read a verified step once more at the end of the order (R10)."""
        return await self._guarded(self._read_again)

    async def _guarded(self, act: Callable[[], Awaitable[Progress | None]]) -> Progress | None:
        if self._entry.state is StepState.BLOCKED:
            return self._needs_person()
        pause_s = self._seconds_until(self._moment("next_at"))
        if pause_s > 0:
            return Again(pause_s)
        try:
            return await act()
        except TransientTenantError as error:
            return await self._back_off(error.retry_after_s or 0.0)
        except PermanentTenantError as error:
            if error.key in _SPREADS:
                return await self._wait_until_everywhere(error)
            return await self._block(error.key, dict(error.params))

    async def _wait_until_everywhere(self, error: PermanentTenantError) -> Progress:
        """Look again later for what was read before; after the deadline a person is called."""
        since = self._moment("missing_since") or self._clock.now()
        if -self._seconds_until(since) >= self._pace.deadline_s:
            return await self._block(error.key, dict(error.params))
        return await self._poll_later({**self._entry.detail, "missing_since": since.isoformat()})

    async def _inspect(self) -> None:
        await self._save(before=await self._step.inspect())

    async def _intend(self) -> Progress | None:
        if self._entry.intent_at is not None:
            # A write was about to be made and its outcome is unknown: look, never repeat blindly.
            verdict = await self._step.verify(self._before)
            if verdict.holds:
                await self._written()
                return None
            waiting = await self._settle()
            if waiting is not None:
                return waiting
        await self._save(intent_at=self._clock.now(), detail={})
        return None

    async def _act(self) -> Progress | None:
        if -self._seconds_until(self._entry.intent_at) >= self._pace.fresh_s:
            return await self._back_off(0.0)
        await self._stamped(self._step.apply)
        await self._written()
        return None

    async def _settle(self) -> Progress | None:
        since = self._moment("unknown_since") or self._clock.now()
        if -self._seconds_until(since) >= self._pace.settle_s:
            return None
        return await self._poll_later({"unknown_since": since.isoformat()})

    async def _written(self) -> None:
        now = self._clock.now()
        await self._save(
            state=StepState.WRITTEN, written_at=now, detail={"since": now.isoformat()}
        )

    async def _read(self) -> Progress | None:
        verdict = await self._step.verify(self._before)
        since = self._moment("since") or self._clock.now()
        agreeing = int(str(self._entry.detail.get("agreeing", 0))) + 1 if verdict.holds else 0
        if agreeing >= self._pace.agreeing_reads:
            await self._save(
                state=StepState.VERIFIED,
                after=verdict.seen,
                verified_at=self._clock.now(),
                detail={},
            )
            return None
        waited_s = -self._seconds_until(since)
        if not verdict.holds and waited_s >= self._pace.deadline_s:
            return await self._block("attention.not_confirmed", {"minutes": int(waited_s // 60)})
        return await self._poll_later(
            {"since": since.isoformat(), "agreeing": agreeing}, state=StepState.CONVERGING
        )

    async def _read_again(self) -> Progress | None:
        verdict = await self._step.verify(self._before)
        if verdict.holds:
            if verdict.seen != self._entry.after:
                await self._save(after=verdict.seen, verified_at=self._clock.now())
            return None
        since = self._clock.now().isoformat()
        return await self._poll_later(
            {"since": since, "agreeing": 0}, state=StepState.CONVERGING, verified_at=None
        )

    async def _poll_later(
        self, detail: dict[str, object], *, after_s: float | None = None, **changes: object
    ) -> Progress:
        wait_s = after_s or self._pace.poll_s
        await self._save(detail=detail | {"next_at": self._in(wait_s)}, **changes)
        return Again(wait_s)

    async def _back_off(self, asked_s: float) -> Progress:
        attempts = self._entry.attempts + 1
        if attempts >= self._pace.most_attempts:
            await self._save(attempts=attempts)
            return await self._block("attention.tenant_unavailable", {"attempts": attempts})
        wait_s = self._backoff_s(attempts, asked_s)
        detail = {**self._entry.detail, "next_at": self._in(wait_s)}
        await self._save(attempts=attempts, detail=detail)
        return Again(wait_s)

    async def _block(self, key: str, params: dict[str, object]) -> Progress:
        await self._save(state=StepState.BLOCKED, detail={"key": key, "params": params})
        return self._needs_person()

    def _needs_person(self) -> NeedsPerson:
        params = self._entry.detail["params"]
        assert isinstance(params, dict)
        return NeedsPerson(self._entry.name, str(self._entry.detail["key"]), params)
