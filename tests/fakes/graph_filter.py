"""Reads and applies `$filter` as Graph does for directory objects.

Which properties can be compared, and which of them in advanced queries only, is from
https://learn.microsoft.com/graph/aad-advanced-queries, "Support for filter by properties".
Properties that are not there cannot be filtered by.
"""

import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, cast

from tests.fakes.graph_errors import bad_request, needs_advanced
from tests.fakes.tenant_records import EXTENSIONS

Test = Callable[[Mapping[str, Any]], bool]

_TOKEN: Final = re.compile(r"\s*(?:('(?:[^']|'')*')|([\w.\-$@+]+(?:/[\w.\-$]+)*)|([(),:/]))")
_BY_DEFAULT: Final = frozenset(
    {
        *("id", "accountEnabled", "assignedLicenses/skuId", "department", "displayName"),
        *("employeeId", "givenName", "jobTitle", "mail", "mailNickname", "proxyAddresses"),
        *("onPremisesSyncEnabled", "surname", "usageLocation", "userPrincipalName", "userType"),
        *("onPremisesImmutableId", "groupTypes", "mailEnabled", "securityEnabled"),
        *("isAssignableToRole", "deletedDateTime", "createdDateTime"),
    }
)
_ADVANCED: Final = frozenset(
    {
        *("companyName", "employeeType", "mobilePhone", "officeLocation", "preferredLanguage"),
        *(f"onPremisesExtensionAttributes/{name}" for name in EXTENSIONS),
    }
)
_NO_STARTS_WITH: Final = frozenset({"employeeId", "employeeType", "accountEnabled", "id"})
_ENDS_WITH: Final = frozenset({"mail", "userPrincipalName", "proxyAddresses"})
_LITERALS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}


@dataclass
class Filter:
    """A filter: which objects pass, and what in it needs an advanced query (empty: nothing)."""

    passes: Test
    advanced: str = ""


def parse_filter(text: str, resource: str) -> Filter:
    """Read a filter.

    Args:
        text: As in the query, decoded.
        resource: `User` or `Group`, for the message.

    Raises:
        GraphError: It is not a filter, or by a property that cannot be filtered by.
    """
    parser = _Parser(text, resource)
    test = parser.either()
    parser.end()
    return Filter(test, parser.advanced)


class _Parser:
    def __init__(self, text: str, resource: str) -> None:
        self._text = text
        self._resource = resource
        self._tokens = list(self._split(text))
        self._at = 0
        self._variables: dict[str, str] = {}
        self.advanced = ""

    def either(self) -> Test:
        tests = [self._both()]
        while self._takes("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise self._wrong()

    def _both(self) -> Test:
        tests = [self._single()]
        while self._takes("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _single(self) -> Test:
        if self._takes("not"):
            self.advanced = self.advanced or "not"
            inner = self._single()
            return lambda one: not inner(one)
        if self._takes("("):
            inner = self.either()
            self._needs(")")
            return inner
        for name in ("startswith", "endswith"):
            if self._peek().casefold() == name:
                return self._function(name)
        return self._comparison()

    def _function(self, name: str) -> Test:
        self._next()
        self._needs("(")
        path = self._path()
        self._needs(",")
        wanted = self._value()
        self._needs(")")
        allowed = path in _ENDS_WITH if name == "endswith" else path not in _NO_STARTS_WITH
        if not isinstance(wanted, str) or not allowed:
            raise needs_advanced(path, self._resource)
        if name == "endswith":
            self.advanced = self.advanced or path
            return self._on(path, lambda found: _text(found).endswith(wanted.casefold()))
        return self._on(path, lambda found: _text(found).startswith(wanted.casefold()))

    def _comparison(self) -> Test:
        token = self._next()
        if token.endswith("/any"):
            return self._any(token.removesuffix("/any"))
        path = self._resolve(token)
        operator = self._next().casefold()
        if operator == "in":
            return self._in(path)
        wanted = self._value()
        if operator == "ne" or wanted is None:
            self.advanced = self.advanced or path
        return self._on(path, self._compare(operator, wanted))

    def _compare(self, operator: str, wanted: Any) -> Callable[[Any], bool]:
        if operator == "eq":
            return lambda found: _same(found, wanted)
        if operator == "ne":
            return lambda found: not _same(found, wanted)
        if operator == "le":
            return lambda found: found is not None and str(found) <= str(wanted)
        if operator == "ge":
            return lambda found: found is not None and str(found) >= str(wanted)
        raise self._wrong()

    def _in(self, path: str) -> Test:
        self._needs("(")
        wanted = [self._value()]
        while self._takes(","):
            wanted.append(self._value())
        self._needs(")")
        return self._on(path, lambda found: any(_same(found, one) for one in wanted))

    def _any(self, collection: str) -> Test:
        self._needs("(")
        variable = self._next()
        self._needs(":")
        self._variables[variable] = collection
        inner = self.either()
        self._needs(")")
        del self._variables[variable]

        def test(one: Mapping[str, Any]) -> bool:
            outer = cast("MutableMapping[str, Any]", one)  # only read
            items = one.get(collection) or ()
            return any(inner(ChainMap({collection: item}, outer)) for item in items)

        return test

    def _path(self) -> str:
        return self._resolve(self._next())

    def _resolve(self, token: str) -> str:
        head, slash, rest = token.partition("/")
        path = self._variables.get(head, head) + slash + rest
        if path in _ADVANCED:
            self.advanced = self.advanced or path
        elif path not in _BY_DEFAULT:
            raise needs_advanced(path, self._resource)
        return path

    def _on(self, path: str, test: Callable[[Any], bool]) -> Test:
        steps = path.split("/")
        if len(steps) == 1:
            return lambda one: test(one.get(path))

        def whole(one: Mapping[str, Any]) -> bool:
            found: Any = one
            for step in steps:
                found = found.get(step) if isinstance(found, Mapping) else None
            return test(found)

        return whole

    def _value(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        return _LITERALS.get(token, token)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise self._wrong()
        self._at += 1
        return token

    def _takes(self, wanted: str) -> bool:
        if self._peek().casefold() == wanted:
            self._at += 1
            return True
        return False

    def _needs(self, wanted: str) -> None:
        if not self._takes(wanted):
            raise self._wrong()

    def _split(self, text: str) -> Iterable[str]:
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._wrong()
            yield found.group().strip()
            at = found.end()

    def _wrong(self) -> Exception:
        return bad_request(f"Invalid filter clause: {self._text}")


def _text(found: Any) -> str:
    return found.casefold() if isinstance(found, str) else ""


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold() == wanted.casefold()
    return bool(found == wanted)
