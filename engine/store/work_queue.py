"""The workers' queue in PostgreSQL: the port `WorkQueue`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from engine.core.errors import Conflict
from engine.ports import Claimed
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed
from engine.store.sealing import Keys, show_to_reader

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresWorkQueue:
    """Rows with a due time, taken with FOR UPDATE SKIP LOCKED; never before their time by the database's clock."""

    def __init__(self, pool: Pool, keys: Keys | None = None) -> None:
        """Opens with `keys` what is sealed in the input: who does the work sees it."""
        self._pool = pool
        self._keys = keys

    async def claim(
        self,
        worker: str,
        actions: Sequence[str] | Mapping[str, int],
        limit: int,
        lease: timedelta | None = None,
    ) -> Sequence[Claimed]:
        """Takes at most `limit` pieces of due work of these actions that nobody holds, the longest due first.

        Where `actions` says so, at most so many of each; over all workers at most as many as operators allow.
        """
        rooms = actions if isinstance(actions, Mapping) else dict.fromkeys(actions, limit)
        wanted = {
            "worker": worker,
            "actions": list(rooms),
            "rooms": [min(room, limit) for room in rooms.values()],
            "limit": limit,
            "lease": lease,
        }
        async with borrowed(self._pool) as connection, connection.cursor() as cursor:
            show_to_reader(cursor, self._keys)
            return [Claimed(**row) async for row in await cursor.execute(_SQL["claim_work"], wanted)]

    async def extend(self, process: str, task: int, worker: str, token: int | None, lease: timedelta) -> datetime:
        """Holds the work until `lease` from now, if that is later; gives the time until which it is held then.

        Raises:
            Conflict: `lease_lost`, where it ran out or is another's; `process_suspended`.
        """
        wanted = {"process": process, "n": task, "worker": worker, "token": token, "lease": lease}
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["extend_lease"], wanted)).fetchone()
        if row is None:
            raise Conflict("lease_lost")
        if row["standing"]:
            raise Conflict("process_suspended")
        until: datetime = row["lease_until"]
        return until

    async def give_back(self, worker: str, leases: Sequence[tuple[str, int, int]]) -> int:
        """Gives up those of the leases (process, task, token) that `worker` holds yet; gives how many it did."""
        held = {
            "worker": worker,
            "processes": [process for process, _, _ in leases],
            "tasks": [task for _, task, _ in leases],
            "tokens": [token for _, _, token in leases],
        }
        async with borrowed(self._pool) as connection:
            return (await connection.execute(_SQL["give_back"], held)).rowcount

    async def expired(self, limit: int) -> Sequence[tuple[str, int, int]]:
        """(process, task, token) of at most `limit` leases that ran out, oldest first."""
        async with borrowed(self._pool) as connection:
            rows = await connection.execute(_SQL["expired_leases"], {"limit": limit})
            return [(row["process_id"], row["n"], row["token"]) async for row in rows]

    async def next_due_in(self, actions: Sequence[str]) -> float | None:
        """Seconds until the next work of these actions becomes due; None when there is none."""
        async with borrowed(self._pool) as connection:
            row = await (await connection.execute(_SQL["next_due_in"], {"actions": list(actions)})).fetchone()
        return row["seconds"] if row else None
