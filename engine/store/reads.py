"""Pages and figures for people: the port `Reads`. Every statement is fixed; what is asked comes as parameters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from engine.answers import (
    EventAnswer,
    IncidentAnswer,
    Page,
    ProcessSummary,
    StepAnswer,
    TaskAnswer,
)
from engine.core.callers import Caller
from engine.core.events import Event
from engine.core.explain_held import Rest
from engine.ports import IncidentFilter, ProcessFilter, ProcessRow, TaskFilter, WhereaboutsRow
from engine.statements import SQL_QUERIES, Statements
from engine.store import answers, cursors, filters
from engine.store.connections import Pool, borrowed
from engine.store.markings import read_clock, read_event, read_marking
from engine.store.sealing import Keys, as_they_are, opened, shown_in

Row = Mapping[str, Any]

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_ALL_PROCESSES: Final = "process:read_all"
READ_SENSITIVE: Final = "process:read_sensitive"


class PostgresReads:
    """Each answer is one statement, and so one moment; every acknowledged write is in it.

    What is sensitive comes covered, in lists always; by itself it is opened with `keys` for who holds
    `process:read_sensitive`, and a task for who has or had it.
    """

    def __init__(self, pool: Pool, keys: Keys | None = None) -> None:
        self._pool = pool
        self._keys = keys

    async def process(self, id: str, caller: Caller) -> ProcessRow | None:
        """One process as it stands, and all the children it ever had."""
        row = await self._row("read_process", {"id": id, **filters.seer(caller, _ALL_PROCESSES)})
        if row is None:
            return None
        children = tuple(map(answers.child, row["children"] or ()))
        clear = caller.may(READ_SENSITIVE)
        marking = read_marking(opened(row["marking"], self._keys) if clear else row["marking"])
        clock = read_clock(row["clock"])
        return ProcessRow(marking, row["title"], row["visible"], children, clock)

    async def all_visits(self, id: str) -> Sequence[StepAnswer]:
        """Every visit of every atom, in order of visit."""
        return [answers.step(row) for row in await self._rows("all_visits", {"id": id})]

    async def processes(self, filter: ProcessFilter, cursor: str | None, limit: int) -> Page[ProcessSummary]:
        """Newest first."""
        wanted = {**filters.processes(filter), **cursors.NEWEST_PROCESSES.after(cursor), "limit": limit + 1}
        rows = await self._rows("list_processes", wanted)
        return cursors.NEWEST_PROCESSES.page(rows, limit, answers.summary)

    async def whereabouts(self, ids: Sequence[str], most: int) -> Mapping[str, WhereaboutsRow]:
        """Where these processes stand."""
        rows = await self._rows("whereabouts", {"ids": list(ids), "most": most})
        return {row["id"]: answers.whereabouts(row) for row in rows}

    async def active_processes(self, cursor: str | None, limit: int) -> Page[ProcessSummary]:
        """Those that have not ended, longest running first."""
        wanted = {**cursors.ACTIVE_PROCESSES.after(cursor), "limit": limit + 1}
        rows = await self._rows("list_active_processes", wanted)
        return cursors.ACTIVE_PROCESSES.page(rows, limit, answers.summary)

    async def history(self, id: str, cursor: str | None, limit: int, caller: Caller | None = None) -> Page[EventAnswer]:
        """Oldest first."""
        wanted = {"id": id, **cursors.HISTORY.after(cursor), "limit": limit + 1}
        clear = caller is not None and caller.may(READ_SENSITIVE)
        rows = [shown_in(row, self._keys, clear=clear) for row in await self._rows("history", wanted, plain=True)]
        return cursors.HISTORY.page(rows, limit, lambda row: answers.event(id, row))

    async def newest_events(
        self, id: str, types: Sequence[str], atoms: Sequence[str] | None, limit: int
    ) -> Sequence[Event]:
        """The newest `limit` of its events of these types, and of these atoms if any are named; oldest first."""
        wanted = {"id": id, "types": list(types), "atoms": None if atoms is None else list(atoms), "limit": limit}
        return [read_event(row) for row in reversed(await self._rows("newest_events", wanted))]

    async def action_states(self, actions: Sequence[str]) -> tuple[datetime, frozenset[str], Mapping[str, Rest]]:
        """The time by `wayline_now()`, those of `actions` that some worker has work of then, and those that rest."""
        rows = await self._rows("action_states", {"actions": list(actions)})
        busy = frozenset(row["action"] for row in rows if row["busy"])
        resting = {
            row["action"]: Rest(row["paused_at"], row["paused_by"], row["paused_for"])
            for row in rows
            if row["paused_at"] is not None
        }
        return rows[0]["now"], busy, resting

    async def task(self, process: str, task: int, caller: Caller) -> TaskAnswer | None:
        """One task; None where the caller may not see it."""
        wanted = {"process": process, "n": task, **filters.seer(caller, "task:read_all")}
        row = next(iter(await self._rows("read_task", wanted, plain=True)), None)
        if row is None:
            return None
        clear = row["assignee"] == caller.id or caller.may(READ_SENSITIVE)
        return answers.task(shown_in(row, self._keys, clear=clear))

    async def tasks(self, filter: TaskFilter, cursor: str | None, limit: int) -> Page[TaskAnswer]:
        """Newest first."""
        wanted = {**filters.tasks(filter), **cursors.NEWEST_TASKS.after(cursor), "limit": limit + 1}
        rows = await self._rows("list_tasks", wanted)
        return cursors.NEWEST_TASKS.page(rows, limit, answers.task)

    async def incident(self, process: str, incident: int, caller: Caller) -> IncidentAnswer | None:
        """One incident; None where the caller may not see its process."""
        wanted = {"process": process, "n": incident, **filters.seer(caller, _ALL_PROCESSES)}
        row = await self._row("read_incident", wanted)
        return answers.incident(row) if row else None

    async def incidents(
        self, filter: IncidentFilter, caller: Caller, cursor: str | None, limit: int
    ) -> Page[IncidentAnswer]:
        """Newest first; of a `status` that is neither open nor resolved there is none."""
        if filter.status not in {None, "open", "resolved"}:
            return Page(())
        after = cursors.NEWEST_INCIDENTS.after(cursor)
        rows = await self._rows("list_incidents", {**filters.incidents(filter, caller), **after, "limit": limit + 1})
        return cursors.NEWEST_INCIDENTS.page(rows, limit, answers.incident)

    async def process_counts(self, visible_to: Caller | None) -> Mapping[str, Mapping[str, int]]:
        """Processes by `status`, `journey` and `outcome`."""
        rows = await self._rows("count_processes", filters.seer(visible_to, _ALL_PROCESSES))
        return _counts(rows, "status", "journey", "outcome")

    async def task_counts(self, visible_to: Caller | None) -> Mapping[str, Mapping[str, int]]:
        """Tasks by `status`; of people's open ones by `role`, and how many are `open` in each of several ways."""
        rows = await self._rows("count_tasks", filters.seer(visible_to, "task:read_all"))
        return _counts(rows, "status", "role", "open")

    async def incident_counts(self) -> Mapping[str, Mapping[str, int]]:
        """Open incidents by `code`."""
        return _counts(await self._rows("count_incidents", {}), "code")

    async def ping(self) -> None:
        """Raises `Unavailable` when PostgreSQL is away."""
        await self._rows("ping", {})

    async def _rows(self, statement: str, parameters: Mapping[str, Any], *, plain: bool = False) -> Sequence[Row]:
        """The rows, their JSON covered; where `plain`, as bytes for `shown_in`."""
        if not filters.storable(parameters):
            return []
        async with borrowed(self._pool) as connection, connection.cursor() as cursor:
            if plain:
                as_they_are(cursor)
            return await (await cursor.execute(_SQL[statement], parameters)).fetchall()

    async def _row(self, statement: str, parameters: Mapping[str, Any]) -> Row | None:
        return next(iter(await self._rows(statement, parameters)), None)


def _counts(rows: Sequence[Row], *kinds: str) -> Mapping[str, Mapping[str, int]]:
    return {kind: {row["name"]: row["count"] for row in rows if row["kind"] == kind} for kind in kinds}
