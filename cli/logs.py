"""Where the log goes and how its lines are written; what libraries log goes the same way."""

import logging
import sys
from pathlib import Path
from typing import Any, Final

import structlog

from engine.settings import Settings

_QUIET: Final = {
    "apscheduler": logging.WARNING,
    "neo4j": logging.ERROR,
    "httpx": logging.WARNING,
    "uvicorn.error": logging.WARNING,
}


def keep_logs(settings: Settings, file: Path | None = None) -> None:
    """Logs to standard error, or to `file`, as `settings.log_level` and `settings.log_format` say."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    stream = file.open("a", buffering=1) if file else sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=stream.isatty(),
                exception_formatter=structlog.dev.plain_traceback,  # one with local variables would show case data
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_without_meta(last)))
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))


def _without_meta(last: list[Any]) -> list[Any]:
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
