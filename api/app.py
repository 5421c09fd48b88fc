"""The app: routes, refusals and what surrounds them, around one engine."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from typing import Final

from fastapi import FastAPI

from api.auth import Authenticator, refuse_open_door
from api.errors import add_error_answers
from api.exchange import ExactResponse
from api.metrics import Metrics
from api.openapi import describe
from api.permissions import Table
from api.routes import (
    docs,
    graph,
    health,
    incidents,
    journeys,
    messages,
    monitoring,
    processes,
    sandbox,
    tasks,
    work,
)
from api.watch import Watch
from engine.bootstrap import Engine, open_engine
from engine.settings import Settings, SettingsError

VERSION: Final = "0.1.0"

_ROUTERS: Final = (
    journeys.router,
    processes.router,
    tasks.router,
    work.router,
    messages.router,
    incidents.router,
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


def build_app() -> FastAPI:
    """The app as its addresses are, before it has an engine."""
    metrics = Metrics()
    app = FastAPI(
        title="Wayline",
        version=VERSION,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        default_response_class=ExactResponse,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.metrics = metrics
    for router in _ROUTERS:
        app.include_router(router)
    add_error_answers(app)
    app.add_middleware(Watch, metrics=metrics)
    app.state.openapi = cache(lambda: describe(app))
    return app


def _table(settings: Settings) -> Table:
    try:
        return Table(settings.permissions)
    except ValueError as error:
        raise SettingsError(f"WAYLINE_PERMISSIONS: {error}") from None
