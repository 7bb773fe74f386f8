"""All forgeries together."""

from functools import cache

from tests.battery import (
    activities,
    addresses,
    bodies,
    claims,
    credentials,
    signatures,
    transport,
)
from tests.battery.forgery import Forgery

publish_unfit = signatures.publish_unfit


@cache
def all_forgeries() -> tuple[Forgery, ...]:
    """Return every forgery, in an order that never changes."""
    parts = (credentials, signatures, claims, addresses, activities, transport, bodies)
    return tuple(forgery for part in parts for forgery in part.forgeries())
