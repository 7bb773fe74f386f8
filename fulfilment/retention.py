"""The own, durable record of how long OneDrive data is kept after order B."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from mutations.identity import ObjectId, RequestId

ONEDRIVE: Final = "onedrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRecord:
    """Data of one order B that stays up to `ends_on` (R8).

    The platform starts no clock of its own while the account lives on, so this record is the
    evidence and the source of the warnings; days are calendar days in Brussels.

    Attributes:
        kind: What is kept; `onedrive` is the only kind.
    """

    request_id: RequestId
    subject: ObjectId
    kind: str
    starts_on: date
    ends_on: date


class RetentionRow(Protocol):
    """A record as storage gives it back."""

    @property
    def starts_on(self) -> date:
        """First day."""
        ...

    @property
    def ends_on(self) -> date:
        """Last day."""
        ...


class RetentionRecords(Protocol):
    """Keeps one record per request, committed when the call returns."""

    async def add(self, record: RetentionRecord) -> None:
        """Keep a record; a second one for the same request changes nothing."""
        ...

    async def remove(self, request_id: RequestId) -> None:
        """Forget the record of a request; no fault when there is none."""
        ...

    async def get(self, request_id: RequestId) -> RetentionRow | None:
        """Return the record of a request."""
        ...
