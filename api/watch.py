"""What surrounds every request: its correlation id, its measure, its line in the log, and the last resort."""

import re
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import internal_error
from api.metrics import Metrics
from engine import clock

CORRELATION: Final = "X-Request-ID"
_GOOD: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_QUIET: Final = frozenset({"/health", "/health/ready", "/metrics"})

_log = structlog.get_logger(__name__)


class Watch:
    """ASGI middleware around the whole app. Addresses are logged without their query: it may hold case data."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log: Any = _log.bind()  # what is bound need not be bound anew for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; nothing but a lost connection is raised."""
        id = _correlation_id(scope)
        scope.setdefault("state", {})["correlation_id"] = id
        began, status = clock.monotonic(), 500
        started = False

        async def answer(message: Message) -> None:
            nonlocal started, status
            if message["type"] == "http.response.start":
                started, status = True, message["status"]
                message["headers"] = [*message.get("headers", ()), (_CORRELATION, id.encode()), *_HEADERS]
            await send(message)

        before = structlog.contextvars.bind_contextvars(correlation_id=id)
        try:
            await self._app(scope, receive, answer)
        except Exception:
            _log.exception("request_failed", method=scope["method"], path=scope["path"])
            if started:
                raise
            await internal_error(id)(scope, receive, answer)
        finally:
            self._note(scope, status, clock.monotonic() - began)
            structlog.contextvars.reset_contextvars(**before)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.observe(scope["method"], route, status, seconds)
        if scope["path"] not in _QUIET:
            self._log.debug("request", method=scope["method"], route=route, status=status, seconds=round(seconds, 4))


_CORRELATION: Final = CORRELATION.lower().encode()
_HEADERS: Final = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


def _correlation_id(scope: Scope) -> str:
    """The caller's id for the request where it is a decent one, else a new one."""
    for name, value in scope["headers"]:
        if name == _CORRELATION:
            text: str = value.decode("latin-1")
            if _GOOD.fullmatch(text):
                return text
    return clock.new_id()


def _route(scope: Scope) -> str:
    """The route's template: an address would make one time series of every id."""
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))
