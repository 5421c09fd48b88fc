"""What waits in PostgreSQL, and its time: the ports `TimerQueue`, `ClockQueue`, `CommandQueue`, `Messages`, `Clock`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from engine.core.values import canonical
from engine.ports import Waiting
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed

CLAIM: Final = timedelta(seconds=10)
"""How long a worker has the timers it claimed; when it is killed they are another's after that."""

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class _Rows:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _all(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        async with borrowed(self._pool) as connection:
            return await (await connection.execute(_SQL[statement], parameters)).fetchall()


class PostgresTimerQueue(_Rows):
    """Rows with a due time, claimed with FOR UPDATE SKIP LOCKED; never before their time by the database's clock."""

    async def claim(self, limit: int) -> Sequence[str]:
        """The processes of at most `limit` timers that are due and nobody's, the longest due first; each once."""
        return [row["process_id"] for row in await self._all("claim_timers", {"limit": limit, "claim": CLAIM})]


class PostgresClockQueue(_Rows):
    """Clocks of service levels, by the next mark that each comes to."""

    async def due(self, limit: int, without: Sequence[str] = ()) -> Sequence[str]:
        """At most `limit` processes whose clocks have come to a mark, the longest passed first; `without` these."""
        facts = {"limit": limit, "without": list(without)}
        return [row["process_id"] for row in await self._all("clocks_due", facts)]


class PostgresCommandQueue(_Rows):
    """Rows that a process takes up under its lock, in the order of their ids."""

    async def waiting(self, limit: int) -> Sequence[str]:
        """The processes of the oldest `limit` posted commands that may be taken up now; each once."""
        return [row["process_id"] for row in await self._all("waiting_commands", {"limit": limit})]


class PostgresMessages(_Rows):
    """Kept messages, and who waits for one (R16)."""

    async def waiting(self, name: str, key: Any) -> Waiting | None:
        """The wait for this name and key that no message is bound to, the one that has waited longest."""
        rows = await self._all("longest_wait", {"name": name, "key": canonical(key).decode()})
        return Waiting(rows[0]["process_id"], rows[0]["n"]) if rows else None

    async def forget(self, limit: int) -> int:
        """Drops at most `limit` kept messages past their time; gives how many."""
        async with borrowed(self._pool) as connection:
            return (await connection.execute(_SQL["forget_messages"], {"limit": limit})).rowcount


class PostgresClock(_Rows):
    """The time by `wayline_now()`. Once moved on, it stays ahead, whoever opens the database."""

    async def now(self) -> datetime:
        """The time."""
        (row,) = await self._all("now", {})
        now: datetime = row["now"]
        return now

    async def advance_to(self, goal: datetime) -> datetime:
        """Moves the time on to `goal` for everyone, and gives the time then. It never goes back."""
        (row,) = await self._all("advance_clock", {"goal": goal})
        now: datetime = row["now"]
        return now

    async def next_due(self, until: datetime) -> datetime | None:
        """When next a timer, an attempt or the end of a lease comes due, after now and by `until`."""
        (row,) = await self._all("next_due", {"until": until})
        due: datetime | None = row["due"]
        return due

    async def settled(self) -> bool:
        """Whether no timer is due, no lease ran out, no posted command waits, and no task is to be given out."""
        (row,) = await self._all("settled", {})
        return bool(row["settled"])
