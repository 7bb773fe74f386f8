"""Kinds of values that settings have."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_GUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def safe_url(value: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        ValueError: It is neither https nor on a loopback host.
    """
    parts = urlsplit(value)
    is_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.hostname is None or not (parts.scheme == "https" or is_loopback):
        raise ValueError("must be https (http is accepted for loopback hosts only)")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(safe_url)]
Guid = Annotated[str, Field(pattern=_GUID), AfterValidator(str.lower)]


def listed(secrets: SecretStr) -> list[str]:
    """Return secrets that are written with commas between them."""
    return [one.strip() for one in secrets.get_secret_value().split(",") if one.strip()]
