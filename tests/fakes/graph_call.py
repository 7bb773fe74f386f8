"""One call to the fake Graph, the table of those that exist, and the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.graph_errors import no_method, no_segment
from tests.fakes.graph_query import Query

_CAST: Final = {"graph.group": "microsoft.graph.group", "graph.user": "microsoft.graph.user"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What Graph answers to one call; `body` None for no content."""

    status: int = 204
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call that exists, alone or in a batch.

    Attributes:
        ids: Parts of the path that are ids, in their order.
        url: Address of the call without query, as links to more pages have it.
        roles: Application permissions of the token.
    """

    route: "Route"
    ids: tuple[str, ...]
    query: Query
    url: str
    headers: Mapping[str, str]
    body: Any
    roles: frozenset[str]

    @property
    def operation(self) -> str:
        return self.route.operation

    @property
    def target(self) -> str:
        """Id of the object that it is about: the first in the path."""
        return self.ids[0] if self.ids else ""


Handler = Callable[[Asked], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One kind of call.

    Attributes:
        template: Path as Microsoft's reference writes it.
        permissions: Application permissions of which one is enough.
        resource: Entity type of the answer, for messages about its properties.
        units: Resource units it costs before `$select` and `$top`.
        has_body: Whether a JSON document has to come with it.
    """

    method: str
    template: str
    permissions: frozenset[str]
    handler: Handler
    resource: str = "User"
    units: int = 1
    has_body: bool = False

    @property
    def operation(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class Router:
    """Finds the route of a call."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(_steps(route.template), route) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        """Return the route of a path below the version, and the ids in it.

        Raises:
            GraphError: There is no such path, or not with this method.
        """
        steps = _steps(path)
        fitting = [
            (route, ids)
            for known, route in self._routes
            if (ids := _ids(known, steps)) is not None
        ]
        for route, ids in fitting:
            if route.method == method:
                return route, ids
        raise no_method() if fitting else no_segment(steps[-1] if steps else path)


def parts(url: str) -> tuple[str, dict[str, str]]:
    """Return path and query of an address; names and values decoded."""
    split = urlsplit(url)
    return split.path, dict(parse_qsl(split.query, keep_blank_values=True))


def _steps(path: str) -> list[str]:
    steps = [unquote(step) for step in path.strip("/").split("/")]
    return [_CAST.get(step, step) for step in steps]


def _ids(known: list[str], steps: list[str]) -> tuple[str, ...] | None:
    if len(known) != len(steps):
        return None
    found = []
    for ours, theirs in zip(known, steps, strict=True):
        if ours.startswith("{"):
            if theirs.startswith("$") or theirs in _CAST.values():
                return None
            found.append(theirs)
        elif ours != theirs:
            return None
    return tuple(found)
