"""Where the Bot Connector says it lives, checked before anything is sent there."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

# One grammar without user info, query, fragment, escapes or Unicode, so that no two
# parsers can disagree about the host (threats J20).
_GRAMMAR: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[::1\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_DEFAULT_PORTS: Final = {"https": "443", "http": "80"}
_MAX_LENGTH: Final = 2048


class ServiceUrlError(ValueError):
    """The address is malformed or its host is not one the bot talks to."""


def normalise(url: str, *, allowed_hosts: AbstractSet[str]) -> str:
    """Return the one spelling of an allowed service URL.

    Scheme and host in lower case, no default port, no trailing slash; the path keeps its
    case. `https` only, except that a loopback host may use `http`.

    Args:
        url: Address out of an activity, a token or the database.
        allowed_hosts: Host names in lower case, without ports.

    Raises:
        ServiceUrlError: Anything else; nothing may be sent there.
    """
    match = _GRAMMAR.fullmatch(url) if len(url) <= _MAX_LENGTH else None
    if match is None:
        raise ServiceUrlError("malformed service URL")
    scheme, host, path = match["scheme"].lower(), match["host"].lower(), match["path"]
    if host not in allowed_hosts:
        raise ServiceUrlError("service host is not allowed")
    if scheme == "http" and host not in LOOPBACK_HOSTS:
        raise ServiceUrlError("http is for loopback only")
    if "/../" in f"{path}/" or "/./" in f"{path}/":
        raise ServiceUrlError("service URL with dot segments")
    port = match["port"]
    authority = host if port in {None, _DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    return f"{scheme}://{authority}{path.rstrip('/')}"


def is_https_or_loopback(url: str) -> bool:
    """Tell whether a configured address is `https`, or `http` on this machine."""
    match = _GRAMMAR.fullmatch(url)
    if match is None:
        return False
    return match["scheme"].lower() == "https" or match["host"].lower() in LOOPBACK_HOSTS
