"""The engine on PostgreSQL, driven by the same commands as the model: store, commits, queues and message service.

The database's clock is put where the model's is, so that every time is the same on both sides. What is compared is the
marking as it is read back; it has to be the fold of the events as they come out of the outbox.
"""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from psycopg import AsyncConnection

from engine.commit import Ask, Commits
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    FireTimers,
)
from engine.core.errors import EngineError
from engine.core.events import TimerSet
from engine.core.fold import fold
from engine.core.frozen import changed
from engine.core.journey import NO_JOURNEY
from engine.core.routes import digest
from engine.core.values import encode
from engine.journeys import Journeys
from engine.loading.calls import pin
from engine.ports import Key
from engine.services.calls import Call
from engine.services.messages import MessageService, Sent
from engine.settings import Settings
from engine.store import Postgres, migrate
from engine.workers.commands import CommandsWorker
from tests.model import times
from tests.model.bridge import NONE, OF_WORKERS, YEARS, answered, asked, loaded, start_of, task_of, versions_of
from tests.model.promises import broken
from tests.model.seen import Seen
from tests.model.world import NOON

SENDER = Call(Caller("sender", frozenset(), frozenset({"message:send"})))
ACTIONS = ("do.it", "pull")
CLOCK = """
CREATE TABLE model_clock (at timestamptz NOT NULL);
INSERT INTO model_clock VALUES (now());
CREATE OR REPLACE FUNCTION wayline_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
AS 'SELECT at FROM model_clock'
"""
DUE = "SELECT process_id, n, due_at FROM timers WHERE NOT standing AND due_at <= wayline_now()"
# The history of what ran before stays, as nothing may delete it: the processes of each run have ids of their own.
EMPTY = """
TRUNCATE process_instances, steps, tasks, incidents, work, timers, waits, messages, children, commands, business_keys,
    idempotency_keys, journeys, journey_versions CASCADE
"""


class StoredEngine:
    """Takes the model's commands, a second apart; `sql` is a plain connection to the same database.

    The ids of its processes begin with `run`, which no other run in this database may have.
    """

    def __init__(self, postgres, sql, run):
        self.postgres, self.sql, self.run = postgres, sql, run
        self.seen, self.events, self.histories, self.set_at, self.cursor = Seen(), [], {}, {}, None
        self.now, self.journeys_read = NOON, {}
        self.forget()

    async def publish(self, documents):
        """An empty database with these versions, each call pinned (R15)."""
        await self.sql.execute(EMPTY)
        await self.put_clock(NOON)
        while batch := await self.postgres.outbox.after(self.cursor, 500):
            self.cursor = batch.cursor
        published = {}
        for parsed in documents:
            definition, routes = loaded(encode(parsed), published)
            pinned = pin(routes, versions_of(published.values()))
            published[f"{definition.key}@{definition.version}"] = definition
            name = definition.key, definition.version
            await self.postgres.versions.save(definition, encode(parsed).decode(), "json", "dora")
            await self.postgres.versions.mark_publishing(*name)
            await self.postgres.versions.publish(*name, definition.hash, pinned, digest(pinned), "dora")

    def forget(self, postgres=None):
        """Drops everything that is in memory: what comes next is read from the database again."""
        self.postgres = postgres or self.postgres
        self.journeys = Journeys(self.postgres.versions)
        self.commits = Commits(self.postgres.store, self.journeys)
        self.messages = MessageService(self.commits, self.postgres.store)

    # --- time ---

    async def put_clock(self, now):
        self.now = now
        await self.sql.execute("UPDATE model_clock SET at = %s", (now,))

    async def advance_to(self, until):
        """Each timer on the way fires at its time."""
        await self.settle()
        while due := await self.postgres.clock.next_due(until):
            await self.put_clock(due)
            await self.settle()
        await self.put_clock(until)

    async def settle(self):
        """What was posted is taken up first, then the timer that comes first fires, until there is neither."""
        commands = CommandsWorker(self.postgres.commands, self.commits, limit=100)
        while True:
            if await commands.run_once():
                continue
            process = await self.first_due()
            if process is None:
                break
            await self.ask(process, FireTimers(SYSTEM))
        assert await self.postgres.clock.settled(), "something is due, and nobody does it"

    async def first_due(self):
        """The process whose timer is due first; of those due at the same time, which was set first."""
        due = await (await self.sql.execute(DUE)).fetchall()
        if len({process for process, _, _ in due}) > 1:
            await self.hear()
        return min(due, key=lambda row: (row[2], self.set_at.get(row[:2], 0)), default=(None,))[0]

    # --- commands ---

    async def do(self, command):
        """`ok`, or the code of the refusal."""
        await self.advance_to(self.now + timedelta(seconds=1))
        try:
            await self.take(command)
        except EngineError as error:
            answer = "nothing_to_claim" if command["do"] == "claim_work" and error.code == "lease_lost" else error.code
        else:
            answer = "ok"
        await self.settle()
        await self.hear()
        return answer

    async def take(self, command):
        match command["do"]:
            case "start":
                await self.start(command)
            case "advance":
                await self.advance_to(times.add(self.now, command["by"]))
            case "message":
                ttl = times.add(self.now, command.get("ttl", "PT1H")) - self.now
                sent = Sent(command["name"], command["key"], command["id"], command["body"], ttl)
                await self.messages.send(SENDER, sent)
            case "claim_work":
                await self.claim(command)
            case _:
                process, marking = self.place(command)
                given = asked(marking, command, self.now) if command["do"] not in OF_WORKERS else None
                given = given or await self.worker_answer(process, marking, command)
                await self.ask(process, given, command)

    def place(self, command):
        """The id of the process that a command is for, and the fold of its history, which has every task it had."""
        process = self.seen.id_of(command["process"])
        return process, self.folded(process)

    def folded(self, process):
        history = self.histories.get(process)
        return fold(self.journeys_read[process], history) if history else None

    async def start(self, command):
        started = start_of(command, self.now)
        if command["process"] not in self.seen.ids:
            self.seen.call(f"{self.run}.{started.process}", started.process)
        started = replace(started, process=self.seen.id_of(started.process))
        journey = NO_JOURNEY
        if "journey" in command:
            journey = await self.journeys.get(command["journey"], command["version"])
        await self.commits(Ask(started.process, started, nothing, journey=journey, keys=keys_of(command)))

    async def ask(self, process, given, command=None):
        try:
            await self.commits(Ask(process, given, nothing, keys=keys_of(command or {})))
        except EngineError as error:
            if error.code == "task_not_found" and task_of(self.folded(process), command) != NONE:
                raise Closed from error
            raise

    # --- the workers' queue ---

    async def claim(self, command):
        """Claims all that is due, and gives back what is not asked for."""
        process, marking = self.place(command)
        wanted = process, task_of(marking, command)
        claimed = {(one.process, one.task) for one in await self.postgres.queue.claim("w1", ACTIONS, 1000, YEARS)}
        for place in claimed - {wanted}:
            await self.lease("NULL", "NULL", place)
        if wanted not in claimed:
            raise NothingToClaim

    async def worker_answer(self, process, marking, command):
        n = task_of(marking, command)
        found = await self.sql.execute(
            "SELECT token FROM work WHERE process_id = %s AND n = %s AND lease_until IS NOT NULL", (process, n)
        )
        row = await found.fetchone()
        if row and command["do"] == "lease_expired" and not command.get("late") and marking.status == "running":
            await self.lease("worker", f"timestamptz '{self.now - timedelta(seconds=1)}'", (process, n))
        return answered(n, row[0] if row else NONE, command)

    async def lease(self, worker, until, place):
        await self.sql.execute(
            f"UPDATE work SET worker = {worker}, lease_until = {until} WHERE process_id = %s AND n = %s", place
        )

    # --- what came of it ---

    async def hear(self):
        """Reads the events that are new, as the projector does."""
        while batch := await self.postgres.outbox.after(self.cursor, 500):
            self.events += batch.events
            self.cursor = batch.cursor
            for event in batch.events:
                self.histories.setdefault(event.process, []).append(event)
                if isinstance(event.fact, TimerSet):
                    self.set_at.setdefault((event.process, event.fact.timer), len(self.set_at))
        self.seen.hear(self.events)
        for process, history in self.histories.items():
            started = history[0].fact
            self.journeys_read[process] = await self.journeys.get(started.journey, started.version)

    async def markings(self):
        """Every marking as it is stored; each has to be the fold of its events."""
        async with self.postgres.store.transaction() as transaction:
            markings = (await transaction.lock(list(self.histories))).markings
        for id, marking in markings.items():
            history = self.histories[id]
            assert as_stored(fold(self.journeys_read[id], history)) == marking, f"{id}: not the fold of its events"
            assert not (found := [*broken(marking, history)]), f"{id}: {found}"
        return markings

    async def picture(self):
        """The engine's side of `snapshot.snapshot`."""
        markings = await self.markings()
        kept = await self.sql.execute("SELECT message_id FROM messages WHERE kept_until > wayline_now() ORDER BY id")
        return self.seen.picture(markings.values(), self.journeys_read.__getitem__, [id async for (id,) in kept])


class NothingToClaim(EngineError):
    """The queue gave other work, or none."""

    def __init__(self):
        super().__init__("lease_lost")


class Closed(EngineError):
    """What the services say of a task that has ended: the marking has open ones only."""

    def __init__(self):
        super().__init__("invalid_transition")


def nothing(_journey, _decision):
    """The answer is not looked at; it is remembered for the command's key."""
    return {"ok": True}


def keys_of(command):
    """The idempotency key that a command carries (R17)."""
    if "idempotency" not in command:
        return ()
    rest = {name: value for name, value in command.items() if name != "idempotency"}
    return (Key("ada", command["idempotency"], repr(sorted(rest.items()))),)


def as_stored(process):
    """The part of a marking that is read again: of tasks and incidents the open ones only."""
    return changed(
        process,
        tasks={task.n: task for task in process.open_tasks()},
        incidents={incident.n: incident for incident in process.open_incidents()},
    )


def opened(url):
    """The object tree of a process that has just started."""
    return Postgres.open(url, Settings())


@asynccontextmanager
async def prepared(url):
    """A migrated database, whose clock is the model's; a plain connection to it."""
    await migrate(url, Settings())
    async with await AsyncConnection.connect(url, autocommit=True) as sql:
        await sql.execute(CLOCK)
        yield sql
