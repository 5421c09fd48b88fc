"""PostgreSQL as the engine's parts see it: opened once, closed with everything."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from engine.settings import Settings
from engine.store.actions import PostgresActions
from engine.store.assigning import PostgresAssignmentQueue, PostgresBurdens
from engine.store.calendars import PostgresCalendars
from engine.store.configurations import PostgresConfigurations
from engine.store.connections import Pool, borrowed, pool, session, unavailable_when_away
from engine.store.deliveries import PostgresDigests, PostgresHookMessages, PostgresLetters
from engine.store.documents import PostgresDocuments
from engine.store.durability import check_durability
from engine.store.figures import PostgresFigures
from engine.store.inbox import PostgresInbox
from engine.store.migrations import check_schema
from engine.store.notices import PostgresNoticeBook
from engine.store.notifications import PostgresNotifications
from engine.store.organisation import PostgresOrganisation
from engine.store.outbox import PostgresOutbox
from engine.store.pauses import PostgresPauses
from engine.store.queues import (
    PostgresClock,
    PostgresClockQueue,
    PostgresCommandQueue,
    PostgresMessages,
    PostgresTimerQueue,
)
from engine.store.reads import PostgresReads
from engine.store.recent import Recent
from engine.store.sealing import check_keys, keys_of
from engine.store.service_levels import PostgresBreaches, PostgresCompliance
from engine.store.task_life import PostgresDrafts, PostgresTaskLists
from engine.store.transactions import PostgresStore
from engine.store.versions import PostgresVersions
from engine.store.webhooks import PostgresWebhooks
from engine.store.work_queue import PostgresWorkQueue


@dataclass(frozen=True, slots=True)
class Postgres:
    """The adapters of every port that PostgreSQL keeps, on two pools, so that long lists never hold up a commit.

    A third has one connection, which the assigner holds for a round, while commits take theirs; a fourth few, for the
    inbox, whose plans are made once as those of commits are.
    """

    store: PostgresStore
    versions: PostgresVersions
    queue: PostgresWorkQueue
    actions: PostgresActions
    timers: PostgresTimerQueue
    commands: PostgresCommandQueue
    clocks: PostgresClockQueue
    messages: PostgresMessages
    pauses: PostgresPauses
    clock: PostgresClock
    outbox: PostgresOutbox
    reads: PostgresReads
    inbox: PostgresInbox
    figures: PostgresFigures
    breaches: PostgresBreaches
    compliance: PostgresCompliance
    drafts: PostgresDrafts
    task_lists: PostgresTaskLists
    organisation: PostgresOrganisation
    assignment_queue: PostgresAssignmentQueue
    burdens: PostgresBurdens
    documents: PostgresDocuments
    notice_book: PostgresNoticeBook
    notifications: PostgresNotifications
    letters: PostgresLetters
    hook_messages: PostgresHookMessages
    digests: PostgresDigests
    webhooks: PostgresWebhooks
    calendars: PostgresCalendars
    configurations: PostgresConfigurations

    @staticmethod
    @asynccontextmanager
    async def open(url: str, settings: Settings) -> AsyncGenerator["Postgres", None]:
        """Connects to a migrated database; closes the connections on leaving.

        Raises:
            Unavailable: when it cannot be reached within `postgres_connect_timeout`.
            MigrationError: when its schema is not the one of this engine.
            UnsafeDatabase: when it does not keep what it acknowledges, and nobody accepted that.
            KeysMissing: when it holds values that were sealed with keys that are not in the settings.
        """
        conninfo = session(url, settings)
        keys = keys_of(settings)
        most = settings.postgres_pool_max
        for_commits = pool(conninfo, settings, "commits", most=max(most // 2, 1), generic_plans=True)
        for_reads = pool(
            conninfo, settings, "reads", most=max(most - most // 2 - most // 6 - 1, 1), generic_plans=False
        )
        for_inboxes = pool(conninfo, settings, "inbox", most=max(most // 6, 1), generic_plans=True)
        for_rounds = pool(conninfo, settings, "rounds", most=1, generic_plans=True)
        async with AsyncExitStack() as stack:
            for each in (for_commits, for_reads, for_inboxes, for_rounds):
                await _open(each, settings, stack)
            async with borrowed(for_commits) as connection:
                await check_durability(connection, settings.unsafe_postgres)
                await check_schema(connection)
                await check_keys(connection, keys)
            remembered_for = timedelta(days=settings.idempotency_days)
            yield Postgres(
                store=PostgresStore(for_commits, remembered_for, Recent(settings.markings_memory << 20), keys),
                versions=PostgresVersions(for_reads),
                queue=PostgresWorkQueue(for_commits, keys),
                actions=PostgresActions(for_commits),
                timers=PostgresTimerQueue(for_commits),
                commands=PostgresCommandQueue(for_commits),
                clocks=PostgresClockQueue(for_commits),
                messages=PostgresMessages(for_commits),
                pauses=PostgresPauses(for_reads),
                clock=PostgresClock(for_commits),
                outbox=PostgresOutbox(for_reads, remembered_for),
                reads=PostgresReads(for_reads, keys),
                inbox=PostgresInbox(for_inboxes),
                figures=PostgresFigures(for_reads),
                breaches=PostgresBreaches(for_reads),
                compliance=PostgresCompliance(for_reads),
                drafts=PostgresDrafts(for_commits, keys),
                task_lists=PostgresTaskLists(for_reads),
                organisation=PostgresOrganisation(for_reads),
                assignment_queue=PostgresAssignmentQueue(for_rounds),
                burdens=PostgresBurdens(for_commits),
                documents=PostgresDocuments(for_reads),
                notice_book=PostgresNoticeBook(for_commits),
                notifications=PostgresNotifications(for_reads, timedelta(days=settings.notification_days)),
                letters=PostgresLetters(for_commits),
                hook_messages=PostgresHookMessages(for_commits),
                digests=PostgresDigests(for_commits),
                webhooks=PostgresWebhooks(for_reads),
                calendars=PostgresCalendars(for_reads),
                configurations=PostgresConfigurations(for_reads),
            )


async def _open(pool: Pool, settings: Settings, stack: AsyncExitStack) -> None:
    stack.push_async_callback(pool.close)
    async with unavailable_when_away():
        await pool.open(wait=True, timeout=settings.postgres_connect_timeout)
