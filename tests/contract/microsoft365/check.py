"""Holds operations and calls against the published metadata and says what is wrong with them."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qs

from fulfilment.tenants.microsoft365.call import Call, Operation, Verb
from tests.contract.microsoft365.metadata import GraphMetadata

_DELETES_THE_MEMBER: Final = re.compile(r"/(members|owners)/\{[^/]+\}$")


def operation_faults(operation: Operation, metadata: GraphMetadata) -> list[str]:
    """Return a sentence for everything in which an operation differs from the metadata."""
    return [*_of_path(operation, metadata), *_of_properties(operation, metadata)]


def call_faults(call: Call, metadata: GraphMetadata) -> list[str]:
    """Return a sentence for everything in which a call differs from its operation's metadata."""
    return [*_of_address(call, metadata), *_of_body(call, metadata)]


def is_read_only(documented: str) -> bool:
    """Tell whether Microsoft says that nobody may write a property, whoever the user is.

    What is read-only for synced users only, may be written for others.
    """
    sentences = re.split(r"(?<=\.)\s*", documented.lower())
    return any("read-only" in sentence and "sync" not in sentence for sentence in sentences)


def _of_path(operation: Operation, metadata: GraphMetadata) -> Iterator[str]:
    if operation.verb is Verb.DELETE and _DELETES_THE_MEMBER.search(operation.path):
        yield f"{operation.path} without /$ref deletes the account, not the membership"
        return
    methods = metadata.methods(operation.path)
    method = methods.get(operation.verb)
    if not methods:
        yield f"{operation.path}: there is no such path"
    elif method is None:
        yield f"{operation.path} has no {operation.verb}, only {', '.join(sorted(methods))}"
    elif method.page not in {"", operation.source}:
        yield f"{operation.source} is not its page, that is {method.page}"


def _of_properties(operation: Operation, metadata: GraphMetadata) -> Iterator[str]:
    for type_name, names in operation.properties.items():
        known = metadata.documented(type_name)
        if not known:
            yield f"{type_name}: there is no such type"
        else:
            yield from _of_names(type_name, names, known, written=operation.verb is not Verb.GET)


def _of_names(
    owner: str, names: Iterator[str] | tuple[str, ...], known: Mapping[str, str], *, written: bool
) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{owner} has no {name}"
        elif written and is_read_only(known[name]):
            yield f"{owner}.{name} is read-only and cannot be written"


def _of_address(call: Call, metadata: GraphMetadata) -> Iterator[str]:
    operation = call.operation
    path, _, query = call.path.partition("?")
    shape = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(operation.path))
    if re.fullmatch(shape, path) is None:
        yield f"{path} has not the shape of {operation.path}"
    options = parse_qs(query)
    method = metadata.methods(operation.path)[operation.verb]
    yield from (
        f"{operation.path} takes no {name}" for name in options if name not in method.options
    )
    selected = tuple(name for text in options.get("$select", ()) for name in text.split(","))
    owner = next(iter(operation.properties), "")
    yield from _of_names(owner, selected, metadata.documented(owner), written=False)


def _of_body(call: Call, metadata: GraphMetadata) -> Iterator[str]:
    operation = call.operation
    names = tuple(call.body or ())
    action = metadata.body(operation.path)
    if action:
        yield from _of_names(operation.path, names, action, written=False)
    elif operation.path.endswith("/$ref"):
        reference = metadata.documented("referenceCreate")
        yield from _of_names("referenceCreate", names, reference, written=False)
    else:
        owner = next(iter(operation.properties), "")
        yield from _of_names(owner, names, metadata.documented(owner), written=True)
