"""From events to what people and webhooks are told: nothing is lost, nothing is told twice (issue 6, point 8)."""

import asyncio

import pytest

from engine.core.commands import ClaimTask, CommentOnTask, CompleteTask, ReassignTask
from engine.core.telling import Preferences
from engine.ports import About, Cursor, NoticeBook
from tests.engine.workers.conftest import Crew
from tests.engine.workers.telling import ATOMS, MONA, hook, notifier, plain, tell

LIST = "SELECT user_id, kind, text, task FROM notifications ORDER BY at, user_id"
SENT = "SELECT channel, user_id, webhook_id, kind FROM deliveries ORDER BY channel, user_id, webhook_id"


async def given_to_carl(crew: Crew) -> str:
    """A case whose task mona gave to carl."""
    journey = await crew.publish(ATOMS)
    (process,) = await crew.start(journey)
    await crew.give(process, ReassignTask(MONA, 1, "carl"))
    return process


async def test_who_gets_a_task_finds_it_in_the_list_by_atom_and_case(crew: Crew):
    process = await given_to_carl(crew)
    await tell(crew)
    rows, following = await crew.postgres.notifications.page("carl", None, 10, unread=True)
    assert following is None
    (row,) = rows
    assert row.notification.text == f"Mona Manager gave you “Look at it” of Example {process}."
    assert (row.notification.process, row.notification.task, row.notification.atom) == (process, 1, "a")
    assert row.read_at is None


async def test_letters_and_messages_are_written_as_preferences_and_kinds_say(crew: Crew, postgres_url: str):
    process = await given_to_carl(crew)
    await crew.postgres.notifications.prefer("cora", Preferences({"mentioned": ("email",)}), None)
    await hook(crew, "https://hooks.example.org/", "all")
    await hook(crew, "https://hooks.example.org/", "some", ["incident"])
    await crew.give(process, CommentOnTask(MONA, 1, "who can?", ("carl", "cora"), ()))
    await tell(crew)
    async with plain(postgres_url) as rows:
        assert [(row["user_id"], row["kind"]) for row in await rows(LIST)] == [
            ("carl", "assigned"),
            ("carl", "mentioned"),
        ]
        assert [tuple(row.values()) for row in await rows(SENT)] == [
            ("email", "carl", None, "mentioned"),
            ("email", "cora", None, "mentioned"),
            ("webhook", None, "all", "assigned"),
            ("webhook", None, "all", "mentioned"),
        ]


async def test_where_no_letters_are_sent_none_are_written(crew: Crew, postgres_url: str):
    process = await given_to_carl(crew)
    await crew.give(process, CommentOnTask(MONA, 1, "look", ("carl",), ()))
    await tell(crew, letters=False)
    async with plain(postgres_url) as rows:
        assert len(await rows(LIST)) == 2
        assert await rows(SENT) == []


async def test_it_stops_and_goes_on_anywhere_and_tells_each_once(crew: Crew, postgres_url: str):
    process = await given_to_carl(crew)
    await tell(crew, limit=1)
    await crew.give(process, ReassignTask(MONA, 1, "cora"))
    await tell(crew, limit=1)
    await crew.give(process, CompleteTask(MONA, 1, {}))
    await tell(crew, limit=1)
    async with plain(postgres_url) as rows:
        assert [(row["user_id"], row["kind"]) for row in await rows(LIST)] == [
            ("carl", "assigned"),
            ("carl", "reassigned"),
            ("cora", "assigned"),
            ("olga", "process_completed"),
        ]


async def test_many_that_tell_at_once_tell_each_once(crew: Crew, postgres_url: str):
    journey = await crew.publish(ATOMS)
    processes = await crew.start(journey, 40)
    await hook(crew, "https://hooks.example.org/")
    for process in processes:
        await crew.give(process, ReassignTask(MONA, 1, "carl"))
    workers = [notifier(crew, 7) for _ in range(4)]
    for _ in range(100):
        if not any(await asyncio.gather(*(worker.run_once() for worker in workers))):
            break
        for worker in workers:
            worker._rests_until = 0.0
    async with plain(postgres_url) as rows:
        assert len(await rows(LIST)) == 40
        assert len(await rows(SENT)) == 40


async def test_one_that_is_killed_before_its_commit_is_made_good_by_the_next(crew: Crew, postgres_url: str):
    await given_to_carl(crew)

    class Dies(Exception):
        pass

    class Killed:
        """The notice book of a worker that is killed when it is about to write."""

        def __init__(self, book: NoticeBook) -> None:
            self.told, self.about, self.listeners = book.told, book.about, book.listeners

        async def tell(self, *_: object) -> bool:
            raise Dies

    worker = notifier(crew)
    worker._book = Killed(crew.postgres.notice_book)  # type: ignore[assignment]
    with pytest.raises(Dies):
        await worker.run_once()
    async with plain(postgres_url) as rows:
        assert await rows(LIST) == []
        await tell(crew)
        assert len(await rows(LIST)) == 1


async def test_what_was_written_and_is_read_again_is_not_told_again(crew: Crew, postgres_url: str):
    await given_to_carl(crew)
    await hook(crew, "https://hooks.example.org/")
    async with plain(postgres_url) as rows:
        (before,) = await rows("SELECT xid::text, id FROM told")
        await tell(crew)
        await rows("UPDATE deliveries SET state = 'delivered', next_at = NULL, ended_at = wayline_now()")
        await rows(f"UPDATE told SET xid = '{before['xid']}', id = {before['id']}")
        await tell(crew)
        assert len(await rows(LIST)) == 1
        assert [row["state"] for row in await rows("SELECT state FROM deliveries")] == ["delivered"]


async def test_nobody_is_told_of_what_was_before_the_engine_told_of_anything(crew: Crew, postgres_url: str):
    """A database that comes from an older engine: its first place is that of the migration."""
    await given_to_carl(crew)
    async with plain(postgres_url) as rows:
        await rows("UPDATE told SET xid = pg_snapshot_xmin(pg_current_snapshot()), id = 0")
        await tell(crew)
        assert await rows(LIST) == []


async def test_a_restored_database_is_told_of_from_where_it_was_told_though_its_numbers_are_others(
    crew: Crew, postgres_url: str
):
    process = await given_to_carl(crew)
    await tell(crew)
    await crew.give(process, ReassignTask(MONA, 1, "cora"))
    async with plain(postgres_url) as rows:
        # As a dump that was loaded elsewhere: numbers of that server's transactions, and another epoch.
        await rows("ALTER TABLE process_events ALTER COLUMN xid TYPE xid8 USING '0'::xid8")
        await rows("UPDATE told SET xid = '9000000000', epoch = 'another/7/1'")
        await tell(crew)
        assert [(row["user_id"], row["kind"]) for row in await rows(LIST)] == [
            ("carl", "assigned"),
            ("carl", "reassigned"),
            ("cora", "assigned"),
        ]
        await crew.give(process, ReassignTask(MONA, 1, "carl"))
        await tell(crew)
        assert len(await rows(LIST)) == 5


async def test_a_restored_database_is_not_told_of_from_its_first_event_on(crew: Crew, postgres_url: str):
    await given_to_carl(crew)
    async with plain(postgres_url) as rows:
        await rows("UPDATE told SET epoch = 'another/7/1', at = wayline_now() + interval '1 day'")
        await tell(crew)
        assert await rows(LIST) == []


async def test_an_event_that_cannot_be_read_keeps_nobody_from_being_told_of_others(crew: Crew, postgres_url: str):
    async with plain(postgres_url) as rows:
        await rows(
            "INSERT INTO process_events (process_id, seq, at, type, v, actor, severity, payload) "
            "VALUES ('p9', 1, wayline_now(), 'task.assigned', 9, 'a', 'info', '{}')"
        )
        await given_to_carl(crew)
        await tell(crew)
        assert len(await rows(LIST)) == 1


async def test_a_claim_of_ones_own_tells_nobody_and_moves_the_place(crew: Crew, postgres_url: str):
    journey = await crew.publish(ATOMS)
    (process,) = await crew.start(journey)
    await crew.give(process, ClaimTask(MONA, 1))
    book = crew.postgres.notice_book
    before: Cursor = await book.told()
    await tell(crew)
    after = await book.told()
    assert (after.xid, after.id) > (before.xid, before.id)
    async with plain(postgres_url) as rows:
        assert await rows(LIST) == []
    assert await book.about([process], [(process, 1)]) != About({}, {})
