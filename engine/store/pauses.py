"""The pause of all workers in PostgreSQL: the port `Pauses`."""

from typing import Final

from engine.core.values import encode
from engine.ports import Backlog, Pause
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection, Pool, borrowed

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresPauses:
    """One row at most; claims look for it in their own statement, so that nothing is claimed once it is there."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def current(self) -> Pause | None:
        """The pause that stands; None while workers run."""
        async with borrowed(self._pool) as connection:
            return await _pause(connection)

    async def backlog(self) -> Backlog:
        """What waits for the workers, and what they hold."""
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["backlog"])).fetchone()
        assert row is not None, "counts give a row"
        return Backlog(**row)

    async def begin(self, by: str, reason: str) -> Pause:
        """Pauses all workers; gives the pause that stands then, which is the earlier one if there was one."""
        async with borrowed(self._pool) as connection, connection.transaction():
            row = await (await connection.execute(_SQL["begin_pause"], {"by": by, "reason": reason})).fetchone()
            if row:
                await _audit(connection, "workers.paused", by, reason)
                return Pause(**row)
            standing = await _pause(connection)
        return standing or await self.begin(by, reason)

    async def end(self, by: str) -> Pause | None:
        """Lets workers run again; gives the pause that ended, None where there was none."""
        async with borrowed(self._pool) as connection, connection.transaction():
            row = await (await connection.execute(_SQL["end_pause"])).fetchone()
            if row is None:
                return None
            await _audit(connection, "workers.resumed", by, row["reason"])
            return Pause(**row)


async def _pause(connection: Connection) -> Pause | None:
    row = await (await connection.execute(_SQL["current_pause"])).fetchone()
    return Pause(**row) if row else None


async def _audit(connection: Connection, type: str, by: str, reason: str) -> None:
    facts = {"type": type, "actor": by, "subject": "workers", "payload": encode({"reason": reason}).decode()}
    await connection.execute(_SQL["audit"], facts)
