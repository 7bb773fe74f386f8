"""Kinds of values that settings have."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_GUID: Final = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def _safe_url(value: str) -> str:
    parts = urlsplit(value)
    is_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.hostname is None or not (parts.scheme == "https" or is_loopback):
        raise ValueError("must be https (http is accepted for loopback hosts only)")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_safe_url)]
Guid = Annotated[str, Field(pattern=_GUID), AfterValidator(str.lower)]
