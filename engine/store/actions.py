"""What operators say of actions, in PostgreSQL: the port `Actions`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.ports import ActionRecord, Pause
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresActions:
    """Rows of `actions`, beside how much of each there is in the workers' queue."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def pause(self, action: str, by: str, reason: str) -> ActionRecord:
        """From now on nobody is given work of it. One that rests already keeps its first pause."""
        return await self._change("pause_action", action, {"by": by, "reason": reason})

    async def resume(self, action: str, by: str, reason: str) -> ActionRecord:
        """Work of it is given out again."""
        return await self._change("resume_action", action, {"by": by, "reason": reason})

    async def limit(self, action: str, most: int | None, by: str, reason: str) -> ActionRecord:
        """At most so many attempts run at once from the next claim on; None takes the limit away."""
        return await self._change("limit_action", action, {"most": most, "by": by, "reason": reason})

    async def record(self, action: str) -> ActionRecord:
        """How one stands, whether or not anything was ever said of it."""
        return (await self._records([action]))[0]

    async def records(self, after: str | None, limit: int) -> Sequence[ActionRecord]:
        """At most `limit` by name, those after `after`: all that have work, a pause or a limit."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["action_names"], {"after": after or "", "limit": limit})
            names = [row["action"] async for row in rows]
        return await self._records(names)

    async def paused(self, actions: Sequence[str]) -> Sequence[str]:
        """Those of `actions` that rest, by name."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["paused_actions"], {"actions": list(actions)})
            return [row["action"] async for row in rows]

    async def _change(self, statement: str, action: str, facts: Mapping[str, Any]) -> ActionRecord:
        async with borrowed(self._pool) as connection:
            await connection.execute(_SQL[statement], {"action": action, **facts})
        return await self.record(action)

    async def _records(self, names: Sequence[str]) -> Sequence[ActionRecord]:
        if not names:
            return []
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["action_records"], {"actions": names})
            return [_record(row) async for row in rows]


def _record(row: Mapping[str, Any]) -> ActionRecord:
    pause = Pause(row["paused_at"], row["paused_by"], row["paused_for"]) if row["paused_at"] else None
    return ActionRecord(row["action"], row["most"], pause, row["waiting"], row["running"], row["oldest_due"])
