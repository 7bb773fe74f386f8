"""What every step can do, and what it gets to do it with."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

from fulfilment.progress import HandReport
from fulfilment.retention import RetentionRecords
from fulfilment.tenant import Account, Mailbox, PermanentTenantError, Tenant
from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from mutations.plan import Route, Undo

State = Mapping[str, object]
"""What a step reads: JSON values, so that it can be journalled as it is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one read shows what the step wants, and what that read saw.

    Attributes:
        asks: What a person who does the step by hand must know beside the plan, by kind of value.
    """

    holds: bool
    seen: State
    asks: Mapping[str, str] = field(default_factory=dict)


def _nothing_verified(name: str) -> State | None:  # noqa: ARG001  # as any other
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """The surroundings of a step of one request.

    Attributes:
        report: What a person said who did this step by hand; None while nobody did.
        verified: What another step of the order, by name, was last verified with; None until then.
    """

    tenant: Tenant
    records: RetentionRecords
    clock: Clock
    request_id: RequestId
    subject: ObjectId
    report: HandReport | None = None
    verified: Callable[[str], State | None] = _nothing_verified

    async def account(self) -> Account:
        """Return the account of the colleague, or refuse when it is gone."""
        account = await self.tenant.account(self.subject)
        if account is None:
            raise PermanentTenantError("tenant.account_missing", {})
        return account

    async def mailbox(self) -> Mailbox:
        """Return the mailbox of the colleague, or refuse when it is gone."""
        mailbox = await self.tenant.mailbox(self.subject)
        if mailbox is None:
            raise PermanentTenantError("tenant.mailbox_missing", {})
        return mailbox

    async def account_and_mailbox(self) -> tuple[Account, Mailbox]:
        """Return both, asked for at the same moment."""
        return await asyncio.gather(self.account(), self.mailbox())

    async def pinned_mailbox(self, guid: str) -> Mailbox:
        """Return the mailbox that was planned for, or refuse when another took its place."""
        mailbox = await self.mailbox()
        if mailbox.guid != guid:
            raise PermanentTenantError("tenant.mailbox_replaced", {"address": mailbox.primary})
        return mailbox


class Step(Protocol):
    """One change that can be looked at, made and checked.

    `route` is the usual way; where that is closed a person does it by hand, and `apply` is never
    called. Each may raise `TransientTenantError` and `PermanentTenantError`.
    """

    name: ClassVar[str]
    route: ClassVar[Route]
    undo: ClassVar[Undo]

    def __init__(self, context: StepContext, args: State) -> None: ...

    async def inspect(self) -> State:
        """Return the state as it is, for the journal."""
        ...

    async def apply(self) -> None:
        """Make the change unless it is there already; what may not be repeated is read first."""
        ...

    async def verify(self, before: State) -> Verdict:
        """Read once whether the change is there; `before` is what `inspect` told at the start."""
        ...

    @staticmethod
    def readable(state: State) -> str:
        """Return a state as a person reads it: empty for none, one value a line for lists."""
        ...


@runtime_checkable
class Reversible(Protocol):
    """A step that can be taken back from the state before (`Undo.BACK`).

    Each may raise `TransientTenantError` and `PermanentTenantError`.
    """

    async def revert(self, before: State) -> None:
        """Bring back what `inspect` told at the start; repeating it does no harm."""
        ...

    async def reverted(self, before: State) -> Verdict:
        """Read once whether all is as it was."""
        ...


def text(values: Mapping[str, object], key: str) -> str:
    """Return a required text from arguments or a state."""
    value = values[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} must be text")
    return value


def texts(values: Mapping[str, object], key: str) -> list[str]:
    """Return a required list of texts from arguments or a state."""
    value = values[key]
    if not isinstance(value, list | tuple):
        raise TypeError(f"{key} must be a list")
    return [str(item) for item in value]


def lines(values: Iterable[str]) -> str:
    """Return values in a stable order, one a line."""
    return "\n".join(sorted(values, key=str.casefold))
