"""Reads the settings out of the environment, once; every fault is reported at once."""

import os
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.settings import Settings
from bot.tenant_settings import PREFIX


class SettingsError(Exception):
    """The process must not start: all faults of the settings, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_settings() -> Settings:
    """Return the settings in the environment.

    Raises:
        SettingsError: With every fault at once; secrets are not repeated in it.
    """
    problems = _unknown_names()
    try:
        settings = Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        problems += [_sentence(fault) for fault in error.errors()]
    else:
        if not problems:
            return settings
    raise SettingsError(problems)


def _names() -> Mapping[str, str]:
    """Return the environment's name of each field."""
    return {
        name: str(field.validation_alias or f"{PREFIX}{name}").upper()
        for name, field in Settings.model_fields.items()
    }


def _unknown_names() -> list[str]:
    """Return a sentence for each misspelt setting, which would otherwise be ignored."""
    known = set(_names().values())
    given = (name for name in os.environ if name.startswith(PREFIX))  # noqa: TID251 - the one place
    return [f"{name}: there is no such setting" for name in sorted(given) if name not in known]


def _sentence(fault: ErrorDetails) -> str:
    field = str(fault["loc"][0])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{_names().get(field, field)}: {message}"
