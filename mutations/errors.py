"""What can go wrong in a way that a person can act on."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal with a message key and parameters; the text is made where it is shown.

    The catalogue holds, per key, what happened, what it means and what to do now.
    """

    message_key: ClassVar[str] = "error.unknown"

    def __init__(self, **params: object) -> None:
        super().__init__(self.message_key, params)
        self.params = params


class ConcurrentUpdateError(Exception):
    """Someone else saved the same thing first; load again and decide again."""
