"""The live execution in Neo4j, derived from the events: the port `Projection`.

::

    (:ProcessInstance)-[:RUNS]->(:JourneyVersion)
    (:ProcessInstance)-[:HAS_STEP]->(:Step)-[:OF]->(:Atom)     every visit; held, message, timeout_at, wakes_at
    (:Step)-[:LED_TO {on, rework}]->(:Step)                    over which edge
    (:ProcessInstance)-[:AT_STEP|… {visit, since}]->(:Atom)    the short form: current visits
    (:User)-[:HOLDS|PERFORMED {task, beside}]->(:Step|Task)    a step for a list has several (R14)
    (:Step)-[:HAS_INCIDENT]->(:Incident {code, stage, open})   resolved ones, too
    (:ProcessInstance)-[:HAS_TASK]->(:Task)                    off the graph (R18)
    (:ProcessInstance)-[:HAS_DOCUMENT {state, since, version}]->(:Document)      received, accepted or refused
    (:ProcessInstance)-[:TIMED {watch, since, ended_at, met}]->(:Phase|Module)   once for each time that it began
    (:ProcessInstance)-[:CHILD_OF {item_index}]->(:Step)       the step it was started for (R15)

ProcessInstance, Step, Task, TIMED carry how their clocks stand (`graph.clocking`); one that ends with its process has
no `ended_at` of its own. A reset atom that no edge has led to yet has a waiting step and no short form (R7).

The checkpoint lies beside what it counts and moves in the same transaction, so a batch is applied wholly and once, or
not at all. Removing everything takes many transactions; while it goes on the checkpoint says `clearing`, and whoever
comes next (after a crash, or beside the one that began) finishes it before anything is applied.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import msgspec
from neo4j import AsyncManagedTransaction
from neo4j.time import DateTime

from engine.clock import new_id
from engine.core.errors import Unavailable
from engine.points import Point, reached
from engine.ports import Batch, Cursor, GraphState
from engine.statements import CYPHER_QUERIES, Statements
from graph.gathering import net
from graph.net import Known, Net, under_way, unsure
from graph.session import Session

_STATEMENTS: Final = Statements.load(CYPHER_QUERIES, ".cypher")
_APPLY_SECONDS: Final = 30.0
_LEASE_MILLISECONDS: Final = 2000
"""For so long after a batch no other projector tries: it would read the same events in vain."""
_PARTS_AT_ONCE: Final = 5000
_PROCESSES_AT_ONCE: Final = 200
_DIGEST_SPACE: Final = 2**256


class LiveGraph:
    """ProcessInstance, Step, Task, Incident and User nodes and what joins them, kept at a cursor of the events."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._holder = new_id()

    async def state(self) -> GraphState:
        """How far it has come, whether another projector has it, and what it is stuck at."""

        async def work(tx: AsyncManagedTransaction) -> GraphState:
            row = await (await tx.run(_STATEMENTS["read_state"], holder=self._holder)).single()
            if row is None:
                return GraphState(None)
            cursor = Cursor(row["epoch"], row["xid"], row["id"]) if row["epoch"] is not None else None
            return GraphState(cursor, row["busy_seconds"], row["stuck"])

        return await self._session.read(work)

    async def checkpoint(self) -> Cursor | None:
        """How far it has come; None when it is empty."""
        return (await self.state()).cursor

    async def note_stuck(self, stuck: str) -> None:
        """Keeps with the checkpoint that it cannot go on; the next batch that is applied removes it."""

        async def work(tx: AsyncManagedTransaction) -> None:
            await tx.run(_STATEMENTS["note_stuck"], stuck=stuck)

        await self._session.write(work)

    async def apply(self, batch: Batch, after: Cursor | None) -> bool:
        """Writes the net state of the batch and its cursor in one transaction.

        Does nothing and gives False where the graph is not at `after` any more: another projector, or a rebuild. Else
        `state` tells every other projector for the next seconds that this one has the graph to itself.

        Raises:
            Unavailable: when Neo4j is away, or lacks a version that the batch starts; to be called again.
        """
        events = batch.events
        given: dict[str, Any] = {
            "after": _at(after),
            "next": {**asdict(batch.cursor), "at": max(event.at for event in events), "holder": self._holder},
            "lease": _LEASE_MILLISECONDS,
            "about": {"processes": under_way(events), "unsure": unsure(events)},
        }

        async def work(tx: AsyncManagedTransaction) -> bool | None:
            """None: the graph must be cleared first."""
            row = await (await tx.run(_STATEMENTS["take_checkpoint"], given)).single(strict=True)
            if row["unfit"]:
                return None
            if row["here"]:
                for round in net(events, _known(row["visits"], row["lists"])):
                    await _write(tx, round)
                reached(Point.BEFORE_GRAPH_COMMIT)
            return bool(row["here"])

        while (applied := await self._session.write(work, seconds=_APPLY_SECONDS)) is None:
            await self.clear()
        return applied

    async def forget(self, ended_before: datetime, limit: int) -> int:
        """Removes at most `limit` processes that ended before; gives how many."""
        return await self._remove("forget_processes", ended_before=ended_before, limit=limit)

    async def clear(self) -> None:
        """Removes the live execution and the checkpoint, in bounded steps. A crash on the way loses nothing."""

        async def begin(tx: AsyncManagedTransaction) -> None:
            await tx.run(_STATEMENTS["begin_clearing"])

        async def wipe(tx: AsyncManagedTransaction) -> bool:
            row = await (await tx.run(_STATEMENTS["lock_checkpoint"])).single(strict=True)
            if not row["clearing"]:
                return True
            for statement in ("remove_parts", "remove_short_forms", "remove_processes"):
                removed = await (await tx.run(_STATEMENTS[statement], limit=_PARTS_AT_ONCE)).single(strict=True)
                if removed["removed"] == _PARTS_AT_ONCE:
                    return False
            await tx.run(_STATEMENTS["end_clearing"])
            return True

        await self._session.write(begin)
        while not await self._session.write(wipe, seconds=_APPLY_SECONDS):
            pass

    async def digest(self) -> str:
        """The same text for the same nodes and relationships, whatever their order: a sum of the hashes of all."""
        total, after = 0, ""
        while rows := await self._page(after):
            for row in rows:
                total += int.from_bytes(hashlib.sha256(_canonical(row)).digest(), "big")
            after = rows[-1]["id"]
        parts = await self._count()
        return hashlib.sha256(f"{total % _DIGEST_SPACE:064x} {parts}".encode()).hexdigest()

    async def _page(self, after: str) -> list[Mapping[str, Any]]:
        async def work(tx: AsyncManagedTransaction) -> list[Mapping[str, Any]]:
            result = await tx.run(_STATEMENTS["digest_page"], after=after, limit=_PROCESSES_AT_ONCE)
            return [record.data() async for record in result]

        return await self._session.read(work, seconds=_APPLY_SECONDS)

    async def _count(self) -> int:
        async def work(tx: AsyncManagedTransaction) -> int:
            row = await (await tx.run(_STATEMENTS["count_parts"])).single(strict=True)
            parts: int = row["parts"]
            return parts

        return await self._session.read(work, seconds=_APPLY_SECONDS)

    async def _remove(self, statement: str, **parameters: Any) -> int:
        async def work(tx: AsyncManagedTransaction) -> int:
            row = await (await tx.run(_STATEMENTS[statement], parameters)).single(strict=True)
            forgotten: int = row["forgotten"]
            return forgotten

        return await self._session.write(work, seconds=_APPLY_SECONDS)


def _steps(rows: Net) -> dict[str, Any]:
    """The parameter of `write_steps`; the driver knows plain lists only."""
    return {
        "times": rows.times,
        "processes": rows.processes,
        "changed": rows.changed,
        "users": rows.users,
        "levels": rows.levels,
        "steps": [list(row) for row in rows.steps],
        "moved": rows.moved,
        "noted": rows.noted,
        "led": rows.led,
        "people": [list(row) for row in rows.people],
    }


def _known(found: Iterable[tuple[str, str, int]], lists: Iterable[str]) -> Known:
    visits: dict[str, dict[str, int]] = {}
    for process, atom, visit in found:
        visits.setdefault(process, {})[atom] = visit
    return Known(visits, frozenset(lists))


def _at(cursor: Cursor | None) -> dict[str, Any] | None:
    return asdict(cursor) if cursor else None


async def _write(tx: AsyncManagedTransaction, rows: Net) -> None:
    if rows.started:
        result = await tx.run(_STATEMENTS["start_processes"], net={"rows": rows.started})
        if (await result.single(strict=True))["started"] != len(rows.started):
            raise _version_missing(rows)
    if replaced := rows.replaced:
        await tx.run(_STATEMENTS["replace_visits"], net={"rows": replaced})
    if rows.steps or rows.changed:
        await tx.run(_STATEMENTS["write_steps"], net=_steps(rows))
    for statement, some in (
        ("await_steps", rows.awaited),
        ("note_tasks", rows.tasks),
        ("note_incidents", rows.incidents),
        ("block_work", rows.blocked),
        ("note_documents", rows.documents),
        ("note_timed", rows.timed),
        ("begin_timed", rows.timed_anew),
        ("place_hands", rows.hands),
        ("end_visits", rows.reworked),
        ("forget_leads", rows.reworked),
        ("open_visits", rows.reworked),
        ("keep_leads", rows.reworked),
        ("await_again", rows.reworked),
        ("lead_back", rows.reworked),
        ("move_timers", rows.resumed),
        ("begin_processes", rows.begun),
        ("adopt_children", rows.adopted),
    ):
        if some:
            await tx.run(
                _STATEMENTS[statement],
                net={
                    "rows": [list(row) if isinstance(row, tuple) else row for row in some],
                    "times": rows.times,
                    "users": rows.users,
                },
            )


def _version_missing(rows: Net) -> Unavailable:
    versions = ", ".join(sorted({row["version"] for row in rows.started if row["version"]}))
    return Unavailable(
        "unavailable", f"Neo4j lacks a version of {versions}; it is being published again.", retry_after=5, part="neo4j"
    )


def _canonical(row: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(_sorted(row), order="sorted")


def _sorted(value: Any) -> Any:
    """The same value with its lists in one order: a traversal gives them in any."""
    if isinstance(value, DateTime):
        return value.iso_format()
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return sorted((_sorted(item) for item in items), key=lambda item: msgspec.json.encode(item, order="sorted"))
    if isinstance(value, dict):
        fields: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _sorted(item) for name, item in fields.items()}
    return value
