"""The one driver, with a limit on everything: how long a connection, a statement and a whole call may take."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, LiteralString, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncSession,
    NotificationMinimumSeverity,
    Query,
    unit_of_work,
)
from neo4j.exceptions import (
    AuthError,
    ConnectionPoolError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from engine.core.errors import Unavailable

_R = TypeVar("_R")

Work = Callable[[AsyncManagedTransaction], Awaitable[_R]]
"""What is done in one transaction. It may run again when the server asks for it: it must not touch anything else."""

_RETRY_SECONDS: Final = 0.5
"""How long the driver goes on when the server says that another attempt may do (a deadlock, a new leader)."""
_RETRY_AFTER: Final = 2
_AWAY: Final = (
    ServiceUnavailable,
    SessionExpired,
    ConnectionPoolError,
    AuthError,
    TransientError,
    TimeoutError,
    OSError,
)
_TIMED_OUT: Final = frozenset(
    {
        "Neo.ClientError.Transaction.TransactionTimedOut",
        "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
    }
)
_LOCKED_OUT: Final = "Neo.ClientError.Security.AuthenticationRateLimit"
"""Follows logins that were refused: also those that a server refused while it was starting and knew nobody yet."""


class Session:
    """Transactions on one database of one Neo4j server.

    Every method raises `Unavailable` when the server is away, refuses the login or does not answer in time.
    """

    def __init__(self, driver: AsyncDriver, database: str, connect_timeout: float, query_timeout: float) -> None:
        self._driver = driver
        self._database = database
        self._connect_timeout = connect_timeout
        self._query_timeout = query_timeout

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        uri: str,
        auth: tuple[str, str] | None,
        *,
        database: str = "neo4j",
        pool_max: int = 20,
        connect_timeout: float = 2,
        query_timeout: float = 10,
    ) -> AsyncGenerator["Session"]:
        """Opens the driver; the server need not be there yet. `auth` is (user, password). Timeouts are in seconds."""
        driver = AsyncGraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType]
            uri,
            auth=auth,
            max_connection_pool_size=pool_max,
            connection_timeout=connect_timeout,
            connection_acquisition_timeout=connect_timeout * 2,
            max_transaction_retry_time=_RETRY_SECONDS,
            initial_retry_delay=_RETRY_SECONDS / 5,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            user_agent="wayline",
        )
        async with driver:
            yield cls(driver, database, connect_timeout, query_timeout)

    async def read(self, work: Work[_R], *, seconds: float | None = None) -> _R:
        """Runs `work` in a transaction that may not write; `seconds` bounds each of its attempts."""
        limit = seconds or self._query_timeout
        async with self._bounded(limit), self._open(READ_ACCESS) as session:
            return await session.execute_read(unit_of_work(timeout=limit)(work))

    async def write(self, work: Work[_R], *, seconds: float | None = None) -> _R:
        """Runs `work` in one transaction and commits it; `seconds` bounds each of its attempts."""
        limit = seconds or self._query_timeout
        async with self._bounded(limit), self._open(WRITE_ACCESS) as session:
            return await session.execute_write(unit_of_work(timeout=limit)(work))

    async def run(self, statement: LiteralString, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs one statement in a transaction of its own: a change of the schema."""
        async with self._bounded(self._query_timeout), self._open(WRITE_ACCESS) as session:
            result = await session.run(Query(statement, timeout=self._query_timeout), dict(parameters or {}))
            await result.consume()

    async def ping(self) -> None:
        """Asks the server for nothing, once."""
        async with self._bounded(0):
            await self._driver.verify_connectivity()  # pyright: ignore[reportUnknownMemberType]

    def _open(self, access: str) -> AsyncSession:
        return self._driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=self._database, default_access_mode=access
        )

    @asynccontextmanager
    async def _bounded(self, limit: float) -> AsyncGenerator[None]:
        # The server ends a statement after `limit`. A server that is stopped does not; then this does.
        try:
            async with asyncio.timeout(limit + self._connect_timeout * 2 + _RETRY_SECONDS):
                yield
        except _AWAY as error:
            raise _away(error) from error
        except Neo4jError as error:
            if error.code in {*_TIMED_OUT, _LOCKED_OUT}:
                raise _away(error) from error
            raise


def _away(error: Exception) -> Unavailable:
    match error:
        case AuthError():
            detail = "Neo4j refuses the user or the password it was given."
        case Neo4jError(code=code) if code == _LOCKED_OUT:
            detail = "Neo4j has refused the user or the password too often and takes no login for some seconds."
        case Neo4jError() | TimeoutError():
            detail = "Neo4j did not finish in time."
        case _:
            detail = "Neo4j is away."
    return Unavailable("unavailable", detail, retry_after=_RETRY_AFTER, part="neo4j")
