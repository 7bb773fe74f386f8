"""Whom outgoing connections trust."""

import ssl
from pathlib import Path


def trusting(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the usual authorities, and those of a file beside them."""
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    return context
