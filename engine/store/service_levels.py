"""What service levels come to, in PostgreSQL: the ports `Breaches` and `Compliance`. Every statement is fixed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine.answers import Page
from engine.clock_answers import Acknowledgement, BreachAnswer
from engine.core.callers import Caller
from engine.core.ids import breach_id
from engine.core.objectives import Verdicts
from engine.core.times import format_time
from engine.ports import (
    BreachFilter,
    BreachId,
    ClocksStanding,
    LevelAlerts,
    LevelFilter,
    LevelKey,
    LevelVerdicts,
    Stretch,
)
from engine.statements import SQL_QUERIES, Statements
from engine.store import cursors, filters
from engine.store.connections import Pool, borrowed

Row = Mapping[str, Any]

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_ANY: Final = BreachFilter()


class PostgresBreaches:
    """Rows of `sla_metrics`, a view: a breach is written with its task or watch, and never apart from it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, wanted: BreachFilter, caller: Caller, cursor: str | None, limit: int) -> Page[BreachAnswer]:
        """Newest first."""
        after = cursors.NEWEST_BREACHES.after(cursor)
        rows = await _rows(
            self._pool, "list_breaches", {**filters.breaches(wanted, caller), **after, "limit": limit + 1}
        )
        return cursors.NEWEST_BREACHES.page(rows, limit, _breach)

    async def get(self, id: BreachId, caller: Caller) -> BreachAnswer | None:
        """One breach."""
        one = {"process": id.process, "of_task": id.of_task, "number": id.n, "limit": 1}
        wanted = {**filters.breaches(_ANY, caller), **cursors.NEWEST_BREACHES.after(None), **one}
        return next(map(_breach, await _rows(self._pool, "list_breaches", wanted)), None)

    async def acknowledge(self, id: BreachId, note: str, by: str) -> bool:
        """In one statement with its audit event; False where somebody did before."""
        facts = {"process": id.process, "of_task": id.of_task, "n": id.n, "note": note, "by": by}
        return bool(await _rows(self._pool, "acknowledge_breach", facts))


class PostgresCompliance:
    """Each answer is one statement, and so one moment."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def verdicts(
        self, stretch: Stretch, wanted: LevelFilter, after: LevelKey | None, limit: int, most: int
    ) -> tuple[Sequence[LevelVerdicts], bool]:
        """By level, those behind `after`; and whether it is complete."""
        times = {"since": stretch.since, "until": stretch.until, "most": most}
        rows = await _rows(self._pool, "count_verdicts", {**_levels(wanted, after, limit), **times})
        found = [
            LevelVerdicts(_key(row), Verdicts(row["met"], row["breached"]), row["p50_seconds"], row["p90_seconds"])
            for row in rows
            if row["level"] is not None
        ]
        return found, all(row["complete"] for row in rows)

    async def alerts(self, wanted: LevelFilter, after: LevelKey | None, limit: int) -> Sequence[LevelAlerts]:
        """By level, those behind `after`."""
        rows = await _rows(self._pool, "count_alerts", _levels(wanted, after, limit))
        return [LevelAlerts(_key(row), row["at_risk"], row["breached"]) for row in rows]

    async def since(
        self, asked: Sequence[tuple[str, datetime]], until: datetime, most: int
    ) -> tuple[Sequence[Verdicts], bool]:
        """For each level and moment that is asked for, the verdicts since then; and whether it is complete."""
        if not asked:
            return [], True
        moments = [moment for _, moment in asked]
        facts = {
            "levels": [level for level, _ in asked],
            "moments": [moment.isoformat() for moment in moments],
            "since": min(moments),
        }
        rows = await _rows(self._pool, "count_verdicts_since", {**facts, "until": until, "most": most})
        found = {(row["level"], row["since"]): Verdicts(row["met"], row["breached"]) for row in rows}
        return [found[one] for one in asked], all(row["complete"] for row in rows)

    async def standing(self) -> ClocksStanding:
        """How all clocks stand now."""
        (row,) = await _rows(self._pool, "clocks_standing", {})
        return ClocksStanding(row["at_risk"], row["breached"], row["lag"] or 0.0)


async def _rows(pool: Pool, statement: str, parameters: Mapping[str, Any]) -> Sequence[Row]:
    if not filters.storable(parameters):
        return []
    async with borrowed(pool) as connection:
        return await (await connection.execute(_SQL[statement], parameters)).fetchall()


def _levels(wanted: LevelFilter, after: LevelKey | None, limit: int) -> dict[str, Any]:
    level, of = after or (None, None)
    return {"level": wanted.level, "journey": wanted.journey, "after": level, "after_of": of, "limit": limit}


def _key(row: Row) -> LevelKey:
    return row["level"], row["subject"]


def _breach(row: Row) -> BreachAnswer:
    seen = row["acknowledged_at"]
    return BreachAnswer(
        id=breach_id(row["process_id"], row["n"], of_task=row["of_task"]),
        of=row["subject"],
        process=row["process_id"],
        process_title=row["process_title"],
        journey=row["journey"],
        atom=row["atom"],
        visit=row["visit"],
        part=row["part"],
        name=row["name"],
        role=row["role"],
        assignee=row["assignee"],
        status=row["status"],
        level=row["level"],
        started_at=format_time(row["started_at"]),
        breached_at=format_time(row["breached_at"]),
        ended_at=format_time(row["ended_at"]) if row["ended_at"] else None,
        escalated=row["escalated"],
        acknowledged=Acknowledgement(row["acknowledged_by"], format_time(seen), row["note"]) if seen else None,
    )
