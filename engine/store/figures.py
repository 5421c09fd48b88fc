"""Figures about who does how much: the port `Figures`. Every statement is fixed; what is asked comes as parameters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine.core.journey import Priority
from engine.ports import AssignmentFigure, Load
from engine.statements import SQL_QUERIES, Statements
from engine.store import filters
from engine.store.connections import Pool, borrowed

Row = Mapping[str, Any]

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresFigures:
    """Each answer is one statement, and so one moment."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def assignments(
        self, since: datetime, until: datetime, users: Sequence[str] | None, most: int
    ) -> tuple[Sequence[AssignmentFigure], bool]:
        """By role and method, the newest `most` of that time, and whether these are all."""
        wanted = {"since": since, "until": until, "users": _listed(users), "limit": most + 1}
        rows = await self._rows("count_assignments", wanted)
        found = [AssignmentFigure(**{name: value for name, value in row.items() if name != "seen"}) for row in rows]
        return found, not rows or rows[0]["seen"] <= most

    async def loads(
        self, users: Sequence[str] | None, after: str | None, limit: int, weights: Mapping[Priority, int]
    ) -> Sequence[Load]:
        """By id, those behind `after`."""
        wanted = {"users": _listed(users), "after": after or "", "limit": limit}
        rows = await self._rows("count_loads", {**wanted, **{f"of_{name}": weight for name, weight in weights.items()}})
        return [Load(**row) for row in rows]

    async def _rows(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Row]:
        if not filters.storable(parameters):
            return []
        async with borrowed(self._pool) as connection:
            return await (await connection.execute(_SQL[statement], parameters)).fetchall()


def _listed(users: Sequence[str] | None) -> list[str] | None:
    return None if users is None else list(users)
