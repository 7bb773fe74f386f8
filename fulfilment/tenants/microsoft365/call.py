"""What is asked of Microsoft Graph, and what came back; the seam between tenant and transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Verb(StrEnum):
    """HTTP methods."""

    GET = "GET"
    POST = "POST"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One kind of call that this program makes, as Microsoft documents it.

    Attributes:
        name: Key of the operation, unique, such as `user.read`.
        verb: HTTP method.
        path: Path template as Microsoft writes it, below the version, such as
            `/groups/{group-id}/members/{directoryObject-id}/$ref`.
        permission: Least application permission.
        repeatable: Whether sending it twice does what sending it once does, whatever happened
            in between; others are looked up before they are repeated.
        properties: Properties that are read or written, by entity type, for the contract check.
        source: Page of Microsoft's reference.
    """

    name: str
    verb: Verb
    path: str
    permission: str
    repeatable: bool
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to make; only `calls.py` makes these, so that no other address can be asked for.

    Attributes:
        path: Path and query below the version, identifiers filled in and quoted.
        body: JSON document, or None.
        headers: What this call needs beside the usual (`ConsistencyLevel`).
        stamp: Sent as `client-request-id`, so that Microsoft's logs name our step.
    """

    operation: Operation
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to one call, alone or in a batch.

    Attributes:
        status: HTTP status of this call itself, never that of the batch around it.
        body: JSON document; empty for none.
        request_id: Microsoft's id of the request, for the evidence.
        retry_after_s: Seconds that Microsoft asked to wait.
    """

    status: int
    body: Mapping[str, Any]
    request_id: str = ""
    retry_after_s: float | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether Microsoft did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004  # HTTP


class Graph(Protocol):
    """Sends calls to Microsoft Graph; those sent at the same time go out in one `$batch`."""

    async def send(self, call: Call) -> Reply:
        """Send one call and return what Microsoft answered, refusals included.

        Passing failures of repeatable calls (429, 503, 504, no connection) are tried again within
        a short patience; reads that are asked for twice at the same moment are sent once.

        Raises:
            TransientTenantError: No answer, or not now; a write was perhaps done.
        """
        ...


class Exchange(Protocol):
    """Runs one Exchange Online cmdlet; REST InvokeCommand and PowerShell do the same."""

    async def run(self, cmdlet: str, /, **parameters: object) -> tuple[Mapping[str, Any], ...]:
        """Run an allowed cmdlet and return the objects it wrote.

        Raises:
            TransientTenantError: No answer, or not now; a write was perhaps done.
            PermanentTenantError: Exchange refuses; `tenant.exchange_refused` with its message
                class, or a key that says more.
        """
        ...
