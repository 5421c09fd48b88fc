"""What lies in PostgreSQL once everything has come to rest, by plain SQL: nothing goes through what is checked."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads

from chaos.ledger import Command
from engine.core.events import Event
from engine.core.journey import NO_JOURNEY, Journey
from engine.core.process import Process
from engine.core.values import decode
from engine.journeys import Journeys
from engine.settings import Settings
from engine.store import Postgres
from engine.store.markings import read_event, read_marking

Connection = psycopg.Connection[DictRow]
Versions = Mapping[tuple[str | None, str | None], Journey]

_AT_ONCE: Final = 500
"""Processes that are read together."""


@dataclass(frozen=True, slots=True)
class Story:
    """One process: its events in order, its marking as it is stored, and the states of all tasks it ever had.

    `history` or `marking` is empty where one is there without the other. `marks` are the next marks of its clocks, as
    workers look for them: `task` or `watch`, its number, and when.
    """

    process: str
    history: tuple[Event, ...]
    marking: Process | None
    tasks: Mapping[int, str]
    journey: Journey
    marks: frozenset[tuple[str, int, datetime]] = frozenset()


@dataclass(frozen=True, slots=True)
class Noted:
    """An event as the ledger's commands are looked for in the history."""

    process: str
    type: str
    task: int | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer kept under an idempotency key (R17)."""

    status: int
    body: str

    def says(self, command: Command) -> bool:
        """Whether that is what the command's client was told."""
        return self.status == command.status and json.loads(self.body) == command.told


def opened(url: str) -> Connection:
    """A connection in a transaction that the caller ends, so that tests can plant what they want found."""
    connection = psycopg.Connection[DictRow].connect(url, row_factory=dict_row)
    set_json_loads(decode, connection)
    return connection


async def versions(url: str, settings: Settings) -> Versions:
    """Every version that some process runs, from the routes and documents that are stored."""
    with opened(url) as connection:
        rows = connection.execute("SELECT DISTINCT journey, journey_version FROM process_instances").fetchall()
    async with Postgres.open(url, settings) as postgres:
        journeys = Journeys(postgres.versions)
        found = [(row["journey"], row["journey_version"]) for row in rows]
        return {version: await journeys.get(*version) for version in found}


def stories(connection: Connection, versions: Versions) -> Iterator[Story]:
    """Every process, by its id."""
    ids = [
        row["id"]
        for row in connection.execute(
            "SELECT id FROM process_instances UNION SELECT DISTINCT process_id FROM process_events ORDER BY 1"
        )
    ]
    for start in range(0, len(ids), _AT_ONCE):
        yield from _some(connection, versions, ids[start : start + _AT_ONCE])


def _some(connection: Connection, versions: Versions, ids: list[str]) -> Iterator[Story]:
    wanted = {"ids": ids}
    histories: defaultdict[str, list[Event]] = defaultdict(list)
    tasks: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for row in connection.execute(
        "SELECT process_id, seq, at, type, actor, atom, visit, task, payload::text AS payload "
        "FROM process_events WHERE process_id = ANY (%(ids)s) ORDER BY process_id, seq, id",
        wanted,
    ):
        histories[row["process_id"]].append(read_event(row))
    for row in connection.execute("SELECT process_id, n, status FROM tasks WHERE process_id = ANY (%(ids)s)", wanted):
        tasks[row["process_id"]][row["n"]] = row["status"]
    marks: defaultdict[str, set[tuple[str, int, datetime]]] = defaultdict(set)
    for row in connection.execute(
        "SELECT process_id, 'task' AS of, n, sla_next_at AS at FROM tasks "
        "WHERE process_id = ANY (%(ids)s) AND sla_next_at IS NOT NULL UNION ALL "
        "SELECT process_id, 'watch', n, next_at FROM watches WHERE process_id = ANY (%(ids)s) AND next_at IS NOT NULL",
        wanted,
    ):
        marks[row["process_id"]].add((row["of"], row["n"], row["at"]))
    rows = connection.execute("SELECT id, marking FROM markings WHERE id = ANY (%(ids)s)", wanted)
    markings = {row["id"]: read_marking(row["marking"]) for row in rows}
    for id in ids:
        marking = markings.get(id)
        journey = versions[marking.journey, marking.version] if marking else NO_JOURNEY
        yield Story(id, tuple(histories[id]), marking, tasks[id], journey, frozenset(marks[id]))


def noted(connection: Connection, types: list[str]) -> dict[str, list[Noted]]:
    """Every event of these types by the correlation id of the request that it came of."""
    found: defaultdict[str, list[Noted]] = defaultdict(list)
    for row in connection.execute(
        "SELECT correlation_id, process_id, type, task, payload ->> 'message' AS message FROM process_events "
        "WHERE correlation_id IS NOT NULL AND type = ANY (%(types)s)",
        {"types": types},
    ):
        found[row["correlation_id"]].append(Noted(row["process_id"], row["type"], row["task"], row["message"]))
    return found


def remembered(connection: Connection) -> dict[tuple[str, str], list[Remembered]]:
    """Every answer that is kept, by caller and key."""
    found: defaultdict[tuple[str, str], list[Remembered]] = defaultdict(list)
    for row in connection.execute("SELECT caller, key, status, body FROM idempotency_keys"):
        found[row["caller"], row["key"]].append(Remembered(row["status"], row["body"]))
    return found


def deliveries(connection: Connection) -> dict[str, int]:
    """How often each message reached a wait; being bound to one that is suspended comes before that (R12)."""
    rows = connection.execute(
        "SELECT payload ->> 'message' AS message, count(*) AS times FROM process_events "
        "WHERE type = 'message.delivered' AND NOT coalesce((payload ->> 'bound')::boolean, false) GROUP BY 1"
    )
    return {row["message"]: row["times"] for row in rows}


def overdue(connection: Connection, by: datetime) -> dict[str, list[str]]:
    """What was due by then and has not happened, and what somebody who is gone still holds; by what it is."""
    kinds: dict[str, LiteralString] = {
        "a timer": "SELECT process_id FROM timers WHERE NOT standing AND due_at <= %(by)s",
        "work": "SELECT process_id FROM work WHERE NOT standing AND lease_until IS NULL AND due_at <= %(by)s",
        "a lease": "SELECT process_id FROM work WHERE NOT standing AND lease_until IS NOT NULL",
        "a posted command": "SELECT process_id FROM commands",
        "a task to be given out": "SELECT process_id FROM assignment_queue",
        "a mark of a task's clock": "SELECT process_id FROM tasks WHERE sla_next_at <= %(by)s",
        "a mark of a clock": "SELECT process_id FROM watches WHERE next_at <= %(by)s",
    }
    found = {what: connection.execute(query, {"by": by}).fetchall() for what, query in kinds.items()}
    return {what: [row["process_id"] for row in rows] for what, rows in found.items()}


def now(connection: Connection) -> datetime:
    """The time by the database's clock."""
    row = connection.execute("SELECT wayline_now() AS now").fetchone()
    assert row
    time: datetime = row["now"]
    return time


def holders_of_work(connection: Connection) -> set[tuple[str, int]]:
    """(process, task) of what lies in the workers' queue."""
    return {(row["process_id"], row["n"]) for row in connection.execute("SELECT process_id, n FROM work")}


def families(connection: Connection) -> list[dict[str, Any]]:
    """Every child that its parent has to do with: `{parent, child, ended, status}`, its status None without a row."""
    return connection.execute(
        "SELECT c.process_id AS parent, c.child, c.ended IS NOT NULL AS ended, p.status FROM children AS c "
        "LEFT JOIN process_instances AS p ON p.id = c.child WHERE NOT c.over"
    ).fetchall()
