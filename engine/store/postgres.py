"""PostgreSQL as the engine's parts see it: opened once, closed with everything."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from engine.settings import Settings
from engine.store.actions import PostgresActions
from engine.store.connections import Pool, borrowed, pool, session, unavailable_when_away
from engine.store.durability import check_durability
from engine.store.migrations import check_schema
from engine.store.outbox import PostgresOutbox
from engine.store.pauses import PostgresPauses
from engine.store.queues import PostgresClock, PostgresCommandQueue, PostgresMessages, PostgresTimerQueue
from engine.store.reads import PostgresReads
from engine.store.recent import Recent
from engine.store.transactions import PostgresStore
from engine.store.versions import PostgresVersions
from engine.store.work_queue import PostgresWorkQueue


@dataclass(frozen=True, slots=True)
class Postgres:
    """The adapters of every port that PostgreSQL keeps, on two pools, so that long lists never hold up a commit."""

    store: PostgresStore
    versions: PostgresVersions
    queue: PostgresWorkQueue
    actions: PostgresActions
    timers: PostgresTimerQueue
    commands: PostgresCommandQueue
    messages: PostgresMessages
    pauses: PostgresPauses
    clock: PostgresClock
    outbox: PostgresOutbox
    reads: PostgresReads

    @staticmethod
    @asynccontextmanager
    async def open(url: str, settings: Settings) -> AsyncGenerator["Postgres", None]:
        """Connects to a migrated database; closes the connections on leaving.

        Raises:
            Unavailable: when it cannot be reached within `postgres_connect_timeout`.
            MigrationError: when its schema is not the one of this engine.
            UnsafeDatabase: when it does not keep what it acknowledges, and nobody accepted that.
        """
        conninfo = session(url, settings)
        most = settings.postgres_pool_max
        for_commits = pool(conninfo, settings, "commits", most=max(most // 2, 1), generic_plans=True)
        for_reads = pool(conninfo, settings, "reads", most=max(most - most // 2, 1), generic_plans=False)
        async with AsyncExitStack() as stack:
            for each in (for_commits, for_reads):
                await _open(each, settings, stack)
            async with borrowed(for_commits) as connection:
                await check_durability(connection, settings.unsafe_postgres)
                await check_schema(connection)
            remembered_for = timedelta(days=settings.idempotency_days)
            yield Postgres(
                store=PostgresStore(for_commits, remembered_for, Recent(settings.markings_memory << 20)),
                versions=PostgresVersions(for_reads),
                queue=PostgresWorkQueue(for_commits),
                actions=PostgresActions(for_commits),
                timers=PostgresTimerQueue(for_commits),
                commands=PostgresCommandQueue(for_commits),
                messages=PostgresMessages(for_commits),
                pauses=PostgresPauses(for_reads),
                clock=PostgresClock(for_commits),
                outbox=PostgresOutbox(for_reads, remembered_for),
                reads=PostgresReads(for_reads),
            )


async def _open(pool: Pool, settings: Settings, stack: AsyncExitStack) -> None:
    stack.push_async_callback(pool.close)
    async with unavailable_when_away():
        await pool.open(wait=True, timeout=settings.postgres_connect_timeout)
