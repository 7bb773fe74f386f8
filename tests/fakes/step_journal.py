"""In-memory stand-ins for the journal of steps and the retention records."""

from dataclasses import replace

import msgspec

from fulfilment.journal import Entry, StepState
from fulfilment.retention import RetentionRecord
from mutations.errors import ConcurrentUpdateError
from mutations.identity import RequestId
from mutations.plan import Plan


class InMemoryJournal:
    """Keeps the entries as JSON, as a database does; `saved` counts the writes."""

    def __init__(self) -> None:
        self._entries: dict[RequestId, list[bytes]] = {}
        self.saved = 0

    async def open(self, request_id: RequestId, plan: Plan) -> None:
        if request_id in self._entries:
            return
        self._entries[request_id] = [
            msgspec.json.encode(
                Entry(
                    request_id=request_id,
                    position=position,
                    name=step.name,
                    target=step.target,
                    state=StepState.PENDING,
                    detail={},
                )
            )
            for position, step in enumerate(plan.steps)
        ]

    async def load(self, request_id: RequestId) -> list[Entry]:
        return [msgspec.json.decode(one, type=Entry) for one in self._entries.get(request_id, [])]

    async def save(self, entry: Entry, *, seen: Entry) -> None:
        kept = msgspec.json.decode(self._entries[entry.request_id][entry.position], type=Entry)
        if replace(kept, before=None, after=None) != replace(seen, before=None, after=None):
            raise ConcurrentUpdateError
        self._entries[entry.request_id][entry.position] = msgspec.json.encode(entry)
        self.saved += 1


class InMemoryRetentionRecords:
    """Keeps one record per request."""

    def __init__(self) -> None:
        self.records: dict[RequestId, RetentionRecord] = {}

    async def add(self, record: RetentionRecord) -> None:
        self.records.setdefault(record.request_id, record)

    async def remove(self, request_id: RequestId) -> None:
        self.records.pop(request_id, None)

    async def get(self, request_id: RequestId) -> RetentionRecord | None:
        return self.records.get(request_id)
