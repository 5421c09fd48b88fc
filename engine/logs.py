"""How the log is written: one line for each event, to standard error, with the correlation id of its request.

Case data, tokens and passwords are never given to a log; tracebacks are written without the values of variables.
"""

import logging
import sys
from typing import Final

import structlog
from structlog.typing import Processor

from engine.settings import Settings

_QUIET: Final = ("apscheduler", "httpx", "httpcore", "neo4j", "uvicorn.access")
"""Libraries that tell of every request they make or serve: only their warnings are wanted."""


def configure_logs(settings: Settings) -> None:
    """Sets up the log of this process, that of libraries included."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(settings)))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _last(settings: Settings) -> list[Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if settings.log_format == "json":
        return [strip, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    return [strip, plain]
