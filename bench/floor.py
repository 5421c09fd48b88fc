"""The floor: the smallest durable change that a completion can be, on the tables of its own beside the engine's.

An UPDATE of a process's row and two INSERTs, of an event and of a remembered answer, in one statement and one commit.
Nothing is decided, checked or authorized; what the engine takes beyond this is what the engine costs.
"""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, Self

import msgspec
from psycopg import AsyncConnection

from bench.paths import WAYS
from engine import clock

PROCESSES: Final = 1000
CONNECTIONS: Final = 8
"""Connections that make one change after another."""
WRITERS: Final = 2
"""Connections that make a hundred changes at once."""
TOGETHER: Final = 100
"""Changes of one set-wise statement."""

BODY: Final = msgspec.json.encode({"output": WAYS["loan"].output("take-application")})
"""What a change hands in: the output of a task of the benches' path."""

_TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS bench_floor;
CREATE TABLE IF NOT EXISTS bench_floor.processes (
    id integer PRIMARY KEY, seq bigint NOT NULL, context jsonb NOT NULL) WITH (fillfactor = 80);
CREATE TABLE IF NOT EXISTS bench_floor.events (
    process integer NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL, payload jsonb NOT NULL,
    PRIMARY KEY (process, seq));
CREATE TABLE IF NOT EXISTS bench_floor.answers (
    key text PRIMARY KEY, at timestamptz NOT NULL, body text NOT NULL);
"""
_ROWS: Final = """
INSERT INTO bench_floor.processes SELECT n, 0, '{"loan_amount": 320000}'
FROM generate_series(0, %s - 1) AS n ON CONFLICT DO NOTHING
"""
_ONE: Final = """
WITH moved AS (
    UPDATE bench_floor.processes SET seq = seq + 1 WHERE id = %(process)s RETURNING id, seq
), told AS (
    INSERT INTO bench_floor.events SELECT id, seq, now(), %(body)s::jsonb FROM moved
)
INSERT INTO bench_floor.answers VALUES (%(key)s, now(), %(body)s)
"""
_SET: Final = """
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS r (process integer, key text, body text)
), numbered AS (
    SELECT process, body, row_number() OVER (PARTITION BY process) AS n FROM given
), locked AS MATERIALIZED (
    SELECT id FROM bench_floor.processes WHERE id IN (SELECT process FROM given) ORDER BY id FOR UPDATE
), moved AS (
    UPDATE bench_floor.processes AS p SET seq = p.seq + changed.times
    FROM (SELECT process, count(*) AS times FROM numbered GROUP BY process) AS changed
    WHERE p.id = changed.process AND p.id IN (SELECT id FROM locked)
    RETURNING p.id, p.seq - changed.times AS before
), told AS (
    INSERT INTO bench_floor.events
    SELECT process, before + n, now(), body::jsonb FROM numbered JOIN moved ON id = process
)
INSERT INTO bench_floor.answers SELECT key, now(), body FROM given
"""

Change = tuple[int, str, str]
"""(process, key, body)"""


async def prepare(url: str) -> None:
    """Makes the floor's tables where they are not there yet."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_TABLES)
        await connection.execute(_ROWS, (PROCESSES,))


class Floor:
    """Connections on which changes are made."""

    def __init__(self, connections: Sequence[AsyncConnection[Any]]) -> None:
        self._connections = connections

    @classmethod
    async def open(cls, stack: AsyncExitStack, url: str, connections: int) -> Self:
        """Connects; every statement is a transaction, prepared at its first use."""
        opened = [await AsyncConnection.connect(url, autocommit=True, prepare_threshold=0) for _ in range(connections)]
        for connection in opened:
            stack.push_async_callback(connection.close)
        return cls(opened)

    async def change(self, change: Change, place: int = 0) -> None:
        """One change, durable when this returns, on the connection at `place`."""
        process, key, body = change
        await self._connections[place].execute(_ONE, {"process": process, "key": key, "body": body})

    async def change_all(self, changes: Sequence[Change], place: int = 0) -> None:
        """All of them by one statement."""
        rows = [{"process": process, "key": key, "body": body} for process, key, body in changes]
        await self._connections[place].execute(_SET, {"rows": msgspec.json.encode(rows).decode()})


class Changes:
    """Changes without end, each process after the other."""

    def __init__(self) -> None:
        self._run = clock.new_id()
        self._body = BODY.decode()
        self._numbers = itertools.count()

    def next(self) -> Change:
        """One more."""
        n = next(self._numbers)
        return n % PROCESSES, f"{self._run}-{n}", self._body


class Singly:
    """A drive: each client has a connection and makes one change after another."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._changes = Changes()

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """One change."""
        await self._floor.change(self._changes.next(), client)
        return 1


class Setwise:
    """A drive: each client has a connection and makes 100 changes by one statement after another."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._changes = Changes()

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """100 changes."""
        await self._floor.change_all([self._changes.next() for _ in range(TOGETHER)], client)
        return TOGETHER


class Grouping:
    """Changes that arrive while a commit is under way go together into the next; a lone one waits for nothing."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, change: Change) -> None:
        """Returns when the change is durable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            try:
                await self._floor.change_all([change for change, _ in group])
            except Exception as error:
                for _, done in group:
                    done.set_exception(error)
            else:
                for _, done in group:
                    done.set_result(None)
        self._writing = None
