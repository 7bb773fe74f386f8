"""Query options of Graph for lists and single objects: what is asked for, and the page of it.

https://learn.microsoft.com/graph/query-parameters, /graph/aad-advanced-queries and /graph/paging.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tests.fakes.graph_errors import bad_request, needs_advanced, unsupported_query
from tests.fakes.graph_filter import parse_filter

MOST_ON_A_PAGE: Final = 999
_PAGE: Final = 100
_OPTIONS: Final = frozenset(
    {"$select", "$filter", "$search", "$count", "$top", "$orderby", "$skiptoken"}
)
_CLAUSE: Final = r'"(displayName|mail|userPrincipalName|description):((?:[^"\\]|\\.)*)"'
_SEARCHED: Final = re.compile(_CLAUSE)
_SEARCH: Final = re.compile(rf"{_CLAUSE}(?: (OR|AND) {_CLAUSE})*")
_ORDERED: Final = frozenset({"displayName", "userPrincipalName"})
_NO_SEARCH_HEADER: Final = (
    "Request with $search query parameter only works through MSGraph with a special request"
    " header: 'ConsistencyLevel: eventual'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The options of one call.

    Attributes:
        resource: Name of the entity type, as messages have it.
        given: The options by name, decoded.
        is_eventual: Whether `ConsistencyLevel: eventual` was sent.
        page: Entries of a page when the call does not say.
    """

    resource: str
    given: Mapping[str, str]
    is_eventual: bool = False
    page: int = _PAGE

    @property
    def is_advanced(self) -> bool:
        return self.is_eventual and self.given.get("$count") == "true"

    @property
    def top(self) -> int | None:
        """Entries of a page as asked for.

        Raises:
            GraphError: Not a number between 1 and 999.
        """
        text = self.given.get("$top")
        if text is None:
            return None
        if not text.isdecimal() or not 1 <= int(text) <= MOST_ON_A_PAGE:
            raise bad_request(f"Invalid page size specified: '{text}'.")
        return int(text)

    def check(self, *, allowed: frozenset[str] = _OPTIONS) -> None:
        """Refuse options that do not exist or are not allowed here."""
        for name in self.given:
            if name not in _OPTIONS:
                raise bad_request(f"Unrecognized query argument specified: '{name}'.")
            if name == "$top" and "$top" not in allowed:
                raise unsupported_query(
                    "This resource does not support custom page sizes. Please retry without a"
                    " page size argument."
                )
            if name not in allowed:
                raise unsupported_query(f"The query option {name} is not supported here.")

    def select(self, whole: Mapping[str, Any], *, usual: Iterable[str]) -> dict[str, Any]:
        """Return the properties that are asked for, the usual ones when none are.

        Raises:
            GraphError: A property that does not exist.
        """
        text = self.given.get("$select")
        if text is None:
            return {name: whole[name] for name in usual}
        names = [name.strip() for name in text.split(",")]
        for name in names:
            if name not in whole:
                raise bad_request(
                    "Parsing OData Select and Expand failed: Could not find a property named"
                    f" '{name}' on type 'microsoft.graph.{self.resource.casefold()}'."
                )
        return {name: whole[name] for name in names}

    def narrowed(self, whole: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the entries that pass `$filter` and `$search`, in the order asked for.

        Raises:
            GraphError: The options do not fit, or need an advanced query.
        """
        found = list(whole)
        if "$filter" in self.given:
            wanted = parse_filter(self.given["$filter"], self.resource)
            if wanted.advanced and not self.is_advanced:
                raise needs_advanced(wanted.advanced, self.resource)
            found = [one for one in found if wanted.passes(one)]
        if "$search" in self.given:
            found = self._searched(found)
        if "$orderby" in self.given:
            found = self._ordered(found)
        return found

    def _searched(self, whole: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        if not self.is_eventual:
            raise unsupported_query(_NO_SEARCH_HEADER)
        text = self.given["$search"]
        if _SEARCH.fullmatch(text) is None:
            raise bad_request("Syntax error: the $search clause is not valid.")
        pairs = [(name, words) for name, words in _SEARCHED.findall(text)]
        joints = set(_SEARCHED.sub("", text).split())
        if len(joints) > 1:
            raise bad_request("This fake reads either OR or AND in one $search.")
        fits = all if joints == {"AND"} else any
        return [one for one in whole if fits(_has(one.get(name), words) for name, words in pairs)]

    def _ordered(self, whole: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        name, _, way = self.given["$orderby"].partition(" ")
        if name not in _ORDERED:
            raise needs_advanced(name, self.resource)
        if "$filter" in self.given and not self.is_advanced:
            raise unsupported_query("Sorting not supported for current query.")
        return sorted(whole, key=lambda one: str(one[name]).casefold(), reverse=way == "desc")

    def paged(self, found: Sequence[Mapping[str, Any]], *, url: str) -> dict[str, Any]:
        """Return one page with the link to the next; `url` is that of the list."""
        size = self.top or self.page
        token = self.given.get("$skiptoken", "0")
        if not token.isdecimal():
            raise bad_request("The specified skip token is not valid.")
        start = int(token)
        page: dict[str, Any] = {"@odata.context": f"{url.partition('?')[0]}#context"}
        if self.is_advanced:
            page["@odata.count"] = len(found)
        if start + size < len(found):
            options = {**self.given, "$skiptoken": str(start + size)}
            text = "&".join(f"{name}={quote(value)}" for name, value in options.items())
            page["@odata.nextLink"] = f"{url}?{text}"
        page["value"] = [dict(one) for one in found[start : start + size]]
        return page


def _has(value: Any, words: str) -> bool:
    """Match as Graph's tokens do: every word is the beginning of a word of the value."""
    known = re.split(r"[\W_]+", str(value or "").casefold())
    asked = [word for word in re.split(r"[\W_]+", words.casefold()) if word]
    return bool(asked) and all(any(one.startswith(word) for one in known) for word in asked)
