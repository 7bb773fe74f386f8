"""Step `data.migration`: the supplier brings the data to the new account, by hand (R9).

What can be read is read: the new OneDrive holds at least as many bytes as the old one did before
the order. Of the mail no count can be read, so the words of who reports it are the evidence, and
without a report the step never holds.
"""

import asyncio
from typing import ClassVar, Final

from fulfilment.steps.new_account import new_account, pinned_id
from fulfilment.steps.step import State, StepContext, Verdict, text
from fulfilment.tenant import Drive
from mutations.plan import Route, Undo

_MEBIBYTE: Final = 1024 * 1024


class MigrateData:
    """Waits until the supplier reports the migration and the new OneDrive shows the files."""

    name: ClassVar[str] = "data.migration"
    route: ClassVar[Route] = Route.HAND
    undo: ClassVar[Undo] = Undo.NEVER

    def __init__(self, context: StepContext, args: State) -> None:  # noqa: ARG002  # as every step
        self._context = context

    async def inspect(self) -> State:
        """Return where the data is: the old address, its OneDrive and how many bytes are in it."""
        account, drive = await asyncio.gather(
            self._context.account(), self._context.tenant.drive(self._context.subject)
        )
        return {
            "upn": account.upn,
            "drive": drive.url if drive else "",
            "size_bytes": drive.size_bytes if drive else 0,
        }

    async def apply(self) -> None:
        """Change nothing: the supplier does it."""

    async def verify(self, before: State) -> Verdict:
        """Hold when it was reported and no bytes are missing in the new OneDrive."""
        account, drive = await asyncio.gather(new_account(self._context), self._drive())
        wanted, there = _size(before), drive.size_bytes if drive else 0
        upn, report = account.upn if account else "", self._context.report
        seen = {
            "upn": upn,
            "drive": drive.url if drive else "",
            "size_bytes": there,
            "reported_by": report.by if report else None,
            "evidence": report.evidence if report else "",
        }
        holds = report is not None and account is not None and there >= wanted
        asks = {"old": text(before, "upn"), "new": upn}
        if before["drive"]:
            asks |= {"drive": text(before, "drive"), "size": _readable_size(wanted)}
        return Verdict(holds, seen, asks)

    async def _drive(self) -> Drive | None:
        pinned = pinned_id(self._context)
        return None if pinned is None else await self._context.tenant.drive(pinned)

    @staticmethod
    def readable(state: State) -> str:
        """Return the address of the account that holds the data."""
        return text(state, "upn")


def _size(state: State) -> int:
    return int(str(state["size_bytes"]))


def _readable_size(size_bytes: int) -> str:
    """Return a size in MB, as Microsoft counts them; the symbol is the same in every language."""
    return f"{-(-size_bytes // _MEBIBYTE)} MB"
