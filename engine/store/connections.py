"""Pools of connections to PostgreSQL, and the one place where its being away becomes `Unavailable`.

Every session has the time zone UTC, bounds for statements, locks and pauses, and reads JSON with exact numbers.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import (
    DeadlockDetected,
    IdleInTransactionSessionTimeout,
    LockNotAvailable,
    QueryCanceled,
    ReadOnlySqlTransaction,
    SerializationFailure,
)
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

from engine.core.errors import Unavailable
from engine.settings import Settings
from engine.store.sealing import decode_covered

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

RETRY_AFTER: Final = 1
"""Seconds after which a caller may try again."""

_log = structlog.get_logger(__name__)
_BUSY: Final = (DeadlockDetected, SerializationFailure, LockNotAvailable)
_AWAY: Final = (OperationalError, InterfaceError, IdleInTransactionSessionTimeout, ReadOnlySqlTransaction)
_RECONNECT_SECONDS: Final = 2.0
PLANNED_ONCE: Final = {
    "plan_cache_mode": "force_generic_plan",
    # A plan that was made while the tables were small must not read them whole once they are large.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
_KEEPALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}


def session(url: str, settings: Settings) -> str:
    """The conninfo of `url` with what every session of the engine has."""
    given = conninfo_to_dict(url)
    bounds = {
        "statement_timeout": settings.postgres_statement_timeout,
        "lock_timeout": settings.postgres_lock_timeout,
        "idle_in_transaction_session_timeout": settings.postgres_idle_timeout,
    }
    options = [str(given.get("options") or ""), "-c timezone=UTC"]
    options += [f"-c {name}={round(seconds * 1000)}" for name, seconds in bounds.items()]
    return make_conninfo(
        url,
        options=" ".join(options).strip(),
        connect_timeout=max(round(settings.postgres_connect_timeout), 1),
        application_name=given.get("application_name") or "wayline",
        **_KEEPALIVE,
    )


def pool(conninfo: str, settings: Settings, name: str, *, most: int, generic_plans: bool) -> Pool:
    """A pool that is yet to be opened; at most `most` connections.

    A connection that was lost is tried again every second or two, however long the server was away.
    `generic_plans`: statements are planned once and walk along indexes, or are planned for their values each time (for
    filters, most of which are null).
    """
    plans = PLANNED_ONCE if generic_plans else {"plan_cache_mode": "force_custom_plan"}
    options = " ".join([f"{conninfo_to_dict(conninfo)['options']}", *(f"-c {name}={to}" for name, to in plans.items())])

    async def still_there(connection: Connection) -> None:
        # Costs no round trip: a server that went away has closed the socket. A restart closes them all, and the pool
        # would wait longer after each that it finds, so all are looked at together.
        try:
            connection.pgconn.consume_input()
            connection.pgconn.consume_input()
        except OperationalError:
            await made.check()
            raise

    made: Pool = AsyncConnectionPool(
        make_conninfo(conninfo, options=options),
        connection_class=AsyncConnection[DictRow],
        kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0},
        configure=read_exactly,
        check=still_there,
        min_size=min(settings.postgres_pool_min, most),
        max_size=most,
        timeout=settings.postgres_connect_timeout,
        reconnect_timeout=_RECONNECT_SECONDS,
        name=f"wayline-{name}",
        open=False,
    )
    return made


async def read_exactly(connection: AsyncConnection[Any]) -> None:
    """Makes JSON columns come with exact numbers, and what is sealed in them covered."""
    set_json_loads(decode_covered, connection)


@asynccontextmanager
async def borrowed(pool: Pool) -> AsyncGenerator[Connection, None]:
    """A connection in autocommit; what PostgreSQL cannot do now becomes `Unavailable`."""
    async with unavailable_when_away(), pool.connection() as connection:
        yield connection


@asynccontextmanager
async def unavailable_when_away() -> AsyncGenerator[None, None]:
    """Turns the errors of the driver that another try may heal into `Unavailable`, with `retry_after` in seconds."""
    try:
        yield
    except (*_BUSY, *_AWAY) as error:
        _log.warning("postgres.unavailable", error=type(error).__name__)
        raise Unavailable("unavailable", _sentence(error), retry_after=RETRY_AFTER) from error


def _sentence(error: Exception) -> str:
    if isinstance(error, _BUSY):
        return "Others are changing the same; try again."
    if isinstance(error, QueryCanceled):
        return "The answer took longer than is allowed; try again."
    return "PostgreSQL cannot be reached now."
