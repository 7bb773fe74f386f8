"""How the program writes its log: one JSON line per event, English, ids only."""

import logging
import sys
from typing import Final

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict

_NOISY: Final = ("aiohttp", "alembic", "asyncio", "msal", "procrastinate", "psycopg", "urllib3")


def configure_logs(level: str) -> None:
    """Send all events of `level` and above to standard error, those of libraries if they warn."""
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # The values of local variables stay out: they may be names or tokens.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            _without_words,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _without_words(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keep of an exception what it is and where it came from: its words may hold names too."""
    for exception in event.get("exception", ()):
        exception.update(exc_value="", exc_notes=[], exceptions=[])
    return event
