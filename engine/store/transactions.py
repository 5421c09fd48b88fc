"""Transactions on what runs: the port `Store`."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from psycopg import AsyncRawCursor
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow

from engine.core.commands import Kept
from engine.core.process import Process
from engine.core.values import canonical, decode, encode
from engine.points import Point, reached
from engine.ports import NOTHING_TAKEN_UP, Address, Commit, Key, Locked, Message, Remembered, TakenUp, Waiting
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection, Pool, borrowed
from engine.store.markings import read_leases, read_marking, read_remembered
from engine.store.posts import read_pending
from engine.store.recent import Recent, Seen, leased
from engine.store.sealing import Keys, opened, value_sealed
from engine.store.writes import chained, left_by, sets_of, statement

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresStore:
    """Hands out transactions. Answers are remembered for `remembered_for` (R17), markings while they are `recent`.

    What is sensitive is sealed with `keys`, and opened where it is read; without keys nothing can be.
    """

    def __init__(self, pool: Pool, remembered_for: timedelta, recent: Recent, keys: Keys | None = None) -> None:
        self._pool = pool
        self._keys = keys
        self._remembered_for = remembered_for
        self.recent = recent

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["PostgresTransaction", None]:
        """Commits on leaving, rolls back on an exception.

        Raises:
            Unavailable: when PostgreSQL is away, or others hold what is needed for too long. Raised by the commit
                itself it leaves open whether anything was written.
        """
        async with borrowed(self._pool) as connection, connection.transaction():
            transaction = PostgresTransaction(connection, self._remembered_for, self.recent, self._keys)
            yield transaction
            reached(Point.BEFORE_COMMIT)
        self.recent.keep(transaction.seen)
        reached(Point.AFTER_COMMIT)


class PostgresTransaction:
    """One transaction, READ COMMITTED: what a lock was waited for is seen by the next statement.

    `seen` are the markings as it leaves them, which others may know once it has committed.
    """

    def __init__(self, connection: Connection, remembered_for: timedelta, recent: Recent, keys: Keys | None) -> None:
        self.seen: list[Seen] = []
        self._keys = keys
        self._connection = connection
        self._remembered_for = remembered_for
        self._recent = recent

    async def lock(self, processes: Sequence[str], keys: Sequence[Key] = ()) -> Locked:
        """These keys and processes, locked in this order, each sorted; what is known of them, and the time then."""
        ids = list(dict.fromkeys(processes))
        wanted = {"callers": [key.caller for key in keys], "keys": [key.key for key in keys], "ids": ids}
        if ids or keys:
            await self._connection.execute(_SQL["lock"], wanted)
        found = await self._connection.execute(_SQL["look"], {**wanted, "age": self._remembered_for})
        rows = await found.fetchall()
        markings = await self._markings({row["id"]: row for row in rows if row["xid"] is not None})
        posted = [opened(row["pending"], self._keys) for row in rows if row["pending"] is not None]
        pending = [each for text in posted for each in read_pending(text)]
        pending.sort(key=lambda each: each.id)
        answers = read_remembered(rows[0]["remembered"], self._keys)
        remembered = {(each.key.caller, each.key.key): each for each in answers}
        reached(Point.AFTER_LOCK)
        return Locked(markings, tuple(pending), rows[0]["now"], remembered)

    async def _markings(self, rows: Mapping[str, DictRow]) -> Mapping[str, Process]:
        """The markings of locked processes: those that are known as they are, the others read."""
        known = {id: self._recent.find(id, row["xid"]) for id, row in rows.items()}
        found = {
            id: leased(marking, read_leases(rows[id]["leases"])) for id, marking in known.items() if marking is not None
        }
        if unknown := [id for id in known if id not in found]:
            async for row in await self._connection.execute(_SQL["load_markings"], {"ids": unknown}):
                marking = found[row["id"]] = read_marking(opened(row["marking"], self._keys))
                self._recent.keep([Seen(marking, rows[row["id"]]["xid"], len(row["marking"]))])
        return found

    async def kept(self, addresses: Sequence[Address]) -> Mapping[Address, tuple[Kept, ...]]:
        """The oldest kept messages of each address; who keeps one there waits for this commit (R16)."""
        if not addresses:
            return {}
        wanted = {"names": [name for name, _ in addresses], "keys": [key.decode() for _, key in addresses]}
        await self._connection.execute(_SQL["lock_places"], wanted)
        found: dict[Address, tuple[Kept, ...]] = {}
        async for row in await self._connection.execute(_SQL["kept_messages"], wanted):
            address = row["name"], row["key"].encode()
            kept = Kept(row["id"], row["message_id"], decode(opened(row["body"], self._keys)))
            found[address] = (*found.get(address, ()), kept)
        return found

    async def keep(self, message: Message) -> Waiting | None:
        """Keeps the message where no step waits for it; else gives the one that has waited longest (R16)."""
        address = {"name": message.name, "key": canonical(message.key).decode()}
        await self._connection.execute(_SQL["lock_places"], {"names": [address["name"]], "keys": [address["key"]]})
        row = await (await self._connection.execute(_SQL["longest_wait"], address)).fetchone()
        if row is not None:
            return Waiting(row["process_id"], row["n"])
        facts = {
            "id": message.id,
            "body": encode(value_sealed(message.body, self._keys)).decode(),
            "until": message.until,
        }
        await self._connection.execute(_SQL["keep_message"], {**address, **facts})
        return None

    async def take_business_keys(self, keys: Sequence[tuple[str, str, str]]) -> Mapping[tuple[str, str], str]:
        """Reserves (journey, business key) for a process; gives those that another process holds, and its id."""
        wanted: dict[tuple[str, str], str] = {}
        for journey, key, process in keys:
            wanted.setdefault((journey, key), process)
        holders = await self._hold(wanted)
        asked = {(journey, key) for journey, key, process in keys if holders[journey, key] != process}
        return {key: holders[key] for key in asked}

    async def _hold(self, wanted: Mapping[tuple[str, str], str]) -> Mapping[tuple[str, str], str]:
        holders: dict[tuple[str, str], str] = {}
        # A key that was given back between the two statements has no holder: it is free, and asked for again.
        while missing := [key for key in wanted if key not in holders]:
            names = {"journeys": [journey for journey, _ in missing], "keys": [key for _, key in missing]}
            processes = [wanted[key] for key in missing]
            await self._connection.execute(_SQL["take_business_keys"], {**names, "processes": processes})
            async for row in await self._connection.execute(_SQL["business_key_holders"], names):
                holders[row["journey"], row["business_key"]] = row["process_id"]
        return holders

    async def write(
        self, commits: Sequence[Commit], answers: Sequence[Remembered], taken_up: TakenUp = NOTHING_TAKEN_UP
    ) -> None:
        """Writes everything by one statement.

        Raises:
            AssertionError: when a process is not at the `seq` it was decided on, or was started before.
        """
        if not commits and not answers and taken_up == NOTHING_TAKEN_UP:
            return
        chains = chained(commits)
        sets = sets_of(commits, chains, answers, taken_up, self._keys)
        try:
            text, order = statement(frozenset(sets))
            cursor = await AsyncRawCursor(self._connection).execute(text, [sets[name] for name in order])
        except UniqueViolation as error:
            raise AssertionError("a decision makes a row that is there already") from error
        row = await cursor.fetchone()
        assert row is not None, "the statement gives its count"
        assert row["written"] == len(chains), (
            f"{row['written']} of {len(chains)} processes were as they were decided on"
        )
        self.seen += [left_by(chain, row["xid"]) for chain in chains.values()]
