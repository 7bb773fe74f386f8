"""Batches of the fake Graph: what a batch may look like, and in which order it is done.

https://learn.microsoft.com/graph/json-batching. At most 20 requests; a fault in the shape refuses
the whole batch. Requests without dependency are done in any order and answered in any order.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tests.fakes.graph_errors import GraphError

MOST: Final = 20
_WITH_BODY: Final = frozenset({"POST", "PATCH", "PUT"})
_METHODS: Final = _WITH_BODY | {"GET", "DELETE"}


class Item(msgspec.Struct, frozen=True, kw_only=True, rename={"depends_on": "dependsOn"}):
    """One request of a batch."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None
    depends_on: tuple[str, ...] = ()

    @property
    def lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}


class _Batch(msgspec.Struct, frozen=True):
    requests: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to one item."""

    item: Item
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "id": self.item.id,
            "status": self.status,
            "headers": dict(self.headers),
        }
        return answer if self.body is None else {**answer, "body": self.body}


def read_batch(body: Any) -> tuple[Item, ...]:
    """Return the requests of a batch.

    Raises:
        GraphError: 400, and nothing of it is done.
    """
    try:
        items = msgspec.convert(body, _Batch).requests
    except msgspec.ValidationError as error:
        raise _wrong(f"Invalid batch payload format: {error}") from None
    if not 1 <= len(items) <= MOST:
        raise _wrong(f"Number of batch requests should be between 1 and {MOST}.")
    if len({item.id.casefold() for item in items}) != len(items):
        raise _wrong("Request ids should be unique.")
    for item in items:
        _check(item)
    _check_dependencies(items)
    return items


def items_of(body: Any) -> tuple[Item, ...]:
    """Return the items of a batch, none of one that is refused as a whole."""
    try:
        return read_batch(body)
    except GraphError:
        return ()


def has_writes(body: Any) -> bool:
    """Tell whether a batch asks for a change, refused as it is."""
    requests = body.get("requests") if isinstance(body, dict) else None
    items = requests if isinstance(requests, list) else []
    return any(isinstance(one, dict) and one.get("method") != "GET" for one in items)


def in_some_order(items: Sequence[Item], chance: random.Random) -> list[Item]:
    """Return the items in an order that their dependencies allow."""
    left = list(items)
    chance.shuffle(left)
    ordered: list[Item] = []
    while left:
        done = {item.id for item in ordered}
        ready = next(item for item in left if done.issuperset(item.depends_on))
        left.remove(ready)
        ordered.append(ready)
    return ordered


def failed_dependency(item: Item) -> Done:
    """Return the answer to an item whose dependency failed: it was not done."""
    error = {"code": "FailedDependency", "message": "A request that it depends on failed."}
    headers = {"Content-Type": "application/json"}
    return Done(item, 424, headers, {"error": error})


def _check(item: Item) -> None:
    if item.method not in _METHODS:
        raise _wrong(f"Invalid method for request id : {item.id}")
    if "://" in item.url or not item.id or "$batch" in item.url:
        raise _wrong(f"Invalid URL for request id : {item.id}")
    has_type = "content-type" in item.lower_headers
    # Writes need both, even those that the reference shows without a body.
    if item.method in _WITH_BODY and (item.body is None or not has_type):
        message = f"Write request id : {item.id} does not contain Content-Type header or body."
        raise _wrong(message)


def _check_dependencies(items: Sequence[Item]) -> None:
    """Allow what Microsoft's client libraries name: none, one after the other, or all on one."""
    earlier: set[str] = set()
    for item in items:
        if len(item.depends_on) > 1 or not earlier.issuperset(item.depends_on):
            raise _wrong(f"Invalid dependsOn for request id : {item.id}")
        earlier.add(item.id)
    stated = [item.depends_on[0] for item in items if item.depends_on]
    is_serial = stated == [item.id for item in items[:-1]]
    if stated and not is_serial and len(set(stated)) > 1:
        raise _wrong("Requests must depend on nothing, on the one before, or all on the same.")


def _wrong(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
