"""Somebody as a request remembers them."""

from dataclasses import dataclass

from mutations.identity import ObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person as a request remembers them.

    Attributes:
        employee_id: Number of the human behind the account when the request was sent; by it a
            second account is known. Empty when unknown, and never shown.
    """

    object_id: ObjectId
    name: str
    employee_id: str = ""
