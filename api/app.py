"""The app: routes, refusals and what surrounds them, around one engine."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.auth import Authenticator, refuse_open_door
from api.errors import add_error_answers
from api.exchange import ExactResponse
from api.metrics import Metrics
from api.openapi import describe
from api.permissions import Table
from api.routes import (
    actions,
    breaches,
    calendars,
    candidates,
    docs,
    documents,
    graph,
    groups,
    health,
    inbox,
    incidents,
    journeys,
    messages,
    monitoring,
    notifications,
    processes,
    sandbox,
    sharing,
    sla_configs,
    tasks,
    users,
    webhooks,
    work,
    workers,
)
from api.switch import Switch
from api.watch import Watch
from engine.bootstrap import Engine, open_engine
from engine.settings import Settings, SettingsError

VERSION: Final = "0.1.0"

_ROUTERS: Final = (
    journeys.router,
    processes.router,
    documents.router,
    inbox.router,
    tasks.router,
    sharing.router,
    candidates.router,
    work.router,
    actions.router,
    calendars.router,
    sla_configs.router,
    workers.router,
    messages.router,
    incidents.router,
    notifications.router,
    webhooks.router,
    users.router,
    groups.router,
    breaches.router,
    monitoring.router,
    graph.router,
    sandbox.router,
    health.router,
    docs.router,
)
_ABOUT: Final = (
    "Journeys are graphs of atoms; processes run through them. Times are RFC 3339 UTC with milliseconds, numbers keep "
    "their exact decimal value both ways, bodies are at most 1 MiB. Every command takes `Idempotency-Key`."
)


class App(FastAPI):
    """FastAPI, with the watch around every request and the switch before its own way to an operation."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(
            title="Wayline",
            version=VERSION,
            description=_ABOUT,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            default_response_class=ExactResponse,
            generate_unique_id_function=lambda route: route.name,
        )
        for router in _ROUTERS:
            self.include_router(router)
        add_error_answers(self)
        self.state.metrics = metrics
        self.state.openapi = cache(lambda: describe(self))
        self.switch = Switch(_ROUTERS, super().__call__)
        self._answer = Watch(self.switch, metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or the whole of the server's life."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        await self._answer(scope, receive, send)


def create_app(settings: Settings, *, workers: bool = False, engine: Engine | None = None) -> FastAPI:
    """The app that serves `engine`, or the one it opens when it starts (with its `workers`) and closes when it ends.

    Raises:
        SettingsError: without a key for tokens; on another address than loopback without one that somebody chose.
    """
    refuse_open_door(settings)
    app = build_app()
    app.state.authenticator = Authenticator(settings, _table(settings))
    if engine is not None:
        app.state.engine = engine
        return app

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with open_engine(settings, workers=workers) as opened:
            app.state.engine = opened
            yield

    app.router.lifespan_context = lifespan
    return app


def build_app() -> App:
    """The app as its addresses are, before it has an engine."""
    return App(Metrics())


def _table(settings: Settings) -> Table:
    try:
        return Table(settings.permissions)
    except ValueError as error:
        raise SettingsError(f"WAYLINE_PERMISSIONS: {error}") from None
