"""Step `onedrive.retention_record`: the OneDrive data stays for a number of days (R8).

Microsoft starts its own days only when an account is deleted, which order B does not do. So the
module keeps a durable record from the day of the move, with the end date (a choice).
"""

from datetime import timedelta
from typing import ClassVar

from fulfilment.retention import ONEDRIVE, RetentionRecord
from fulfilment.steps.step import State, StepContext, Verdict
from fulfilment.tenant import PermanentTenantError
from mutations.clock import local_date
from mutations.plan import Route, Undo


class RecordRetention:
    """Keeps the record of the days that the OneDrive data stays."""

    name: ClassVar[str] = "onedrive.retention_record"
    route: ClassVar[Route] = Route.RECORD
    undo: ClassVar[Undo] = Undo.BACK

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._days = int(str(args["days"]))

    async def inspect(self) -> State:
        """Return the OneDrive and the record of this request; days is 0 while there is none."""
        context = self._context
        drive = await context.tenant.drive(context.subject)
        if drive is None:
            raise PermanentTenantError("tenant.drive_missing", {})
        record = await context.records.get(context.request_id)
        return {
            "url": drive.url,
            "size_bytes": drive.size_bytes,
            "days": (record.ends_on - record.starts_on).days if record else 0,
            "starts_on": record.starts_on.isoformat() if record else None,
            "ends_on": record.ends_on.isoformat() if record else None,
        }

    async def apply(self) -> None:
        """Keep the record; once per request, however often it is tried."""
        context = self._context
        starts_on = local_date(context.clock.now())
        record = RetentionRecord(
            request_id=context.request_id,
            subject=context.subject,
            kind=ONEDRIVE,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=self._days),
        )
        await context.records.add(record)

    async def verify(self, before: State) -> Verdict:  # noqa: ARG002  # part of the protocol
        """Hold when the record is there with the agreed number of days."""
        state = await self.inspect()
        return Verdict(state["days"] == self._days, state)

    async def revert(self, before: State) -> None:  # noqa: ARG002  # there was none before
        """Take the record away: nothing is lost on a day any more."""
        await self._context.records.remove(self._context.request_id)

    async def reverted(self, before: State) -> Verdict:
        """Hold when there is no record, as before."""
        state = await self.inspect()
        return Verdict(state["days"] == before["days"], state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the number of days with the symbol of the unit."""
        return f"{state['days']} d" if state["days"] else ""
