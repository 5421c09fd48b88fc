"""The daily letter: one a day, of what is unread, at the reader's time (issue 6, point 8)."""

from datetime import UTC, datetime, time, timedelta

from engine.core.commands import CommentOnTask, ReassignTask
from engine.core.digests import next_due, zone_of
from engine.core.telling import Preferences
from engine.sending import Links, MailCourier, MailServer
from engine.workers.digests import DigestsWorker
from engine.workers.messenger import Messenger
from tests.engine.sending.receivers import Mailbox, mail_server
from tests.engine.workers.conftest import Crew
from tests.engine.workers.telling import ATOMS, MONA, PEOPLE, STAFF, plain, tell

EIGHT = time(8)
BERLIN = zone_of("Europe/Berlin")


async def wants_digest(crew: Crew, user: str = "cora", zone: str | None = None) -> None:
    """From now on the user gets a digest, and no other letters."""
    known = PEOPLE.users[user].time_zone
    due = next_due(await crew.postgres.clock.now(), EIGHT, zone_of(zone, known))
    wanted = Preferences({"mentioned": ("inbox",), "assigned": ("inbox",)}, EIGHT, zone)
    await crew.postgres.notifications.prefer(user, wanted, due)


async def told(crew: Crew, user: str = "cora") -> None:
    """Two notifications for the user."""
    (process,) = await crew.start(await crew.publish(ATOMS))
    await crew.give(process, ReassignTask(MONA, 1, user))
    await crew.give(process, CommentOnTask(MONA, 1, "look", (user,), ()))
    await tell(crew)


def worker(crew: Crew) -> DigestsWorker:
    return DigestsWorker(crew.postgres.digests, STAFF)


async def post(crew: Crew, mailbox: Mailbox) -> None:
    """Takes all letters that are due to the mail server."""
    server = MailServer("127.0.0.1", mailbox.port, "none", "wayline@example.com", None, None, 5)
    courier = MailCourier(server, STAFF, crew.postgres.digests, Links(None))
    while await Messenger("letters", crew.postgres.letters, courier, 4, 5).run_once():
        pass


async def to_eight(crew: Crew) -> datetime:
    """Moves the clock to the next eight o'clock in Berlin."""
    due = next_due(await crew.postgres.clock.now(), EIGHT, BERLIN)
    return await crew.postgres.clock.advance_to(due + timedelta(seconds=1))


async def test_what_is_unread_comes_once_a_day_at_the_readers_time(crew: Crew):
    await wants_digest(crew)
    await told(crew)
    async with mail_server() as mailbox:
        assert not await worker(crew).run_once()
        await to_eight(crew)
        assert await worker(crew).run_once()
        assert not await worker(crew).run_once()
        await post(crew, mailbox)
        (letter,) = mailbox.letters
        assert letter["To"] == "cora@example.org"
        assert letter["Subject"] == "2 notifications that you have not read"
        body = letter.get_body(("plain",))
        assert body and "Mona Manager gave you “Look at it” of Example p1." in body.get_content()
        await to_eight(crew)
        assert await worker(crew).run_once()
        await post(crew, mailbox)
        assert len({letter["Message-ID"] for letter in mailbox.letters}) == 2


async def test_what_was_read_meanwhile_is_not_told_again(crew: Crew, postgres_url: str):
    await wants_digest(crew)
    await told(crew)
    await to_eight(crew)
    await worker(crew).run_once()
    await crew.postgres.notifications.read_all("cora", None)
    async with mail_server() as mailbox, plain(postgres_url) as rows:
        await post(crew, mailbox)
        assert not mailbox.letters
        assert [row["state"] for row in await rows("SELECT state FROM deliveries")] == ["void"]


async def test_of_days_on_which_nobody_looked_there_is_one_letter(crew: Crew, postgres_url: str):
    await wants_digest(crew)
    await told(crew)
    await crew.advance(timedelta(days=5))
    assert await worker(crew).run_once()
    assert not await worker(crew).run_once()
    async with plain(postgres_url) as rows:
        (due,) = await rows("SELECT digest_due FROM notification_preferences")
        assert due["digest_due"] > await crew.postgres.clock.now()
        assert len(await rows("SELECT id FROM deliveries WHERE channel = 'digest'")) == 1


async def test_who_puts_the_digest_to_a_later_time_of_the_day_gets_no_second_one_that_day(
    crew: Crew, postgres_url: str
):
    await wants_digest(crew)
    await told(crew)
    now = await to_eight(crew)
    await worker(crew).run_once()
    wanted = Preferences({}, time(9), None)
    await crew.postgres.notifications.prefer("cora", wanted, next_due(now, time(9), BERLIN))
    await crew.postgres.clock.advance_to(next_due(now, time(9), BERLIN))
    assert await worker(crew).run_once()
    async with plain(postgres_url) as rows:
        assert len(await rows("SELECT id FROM deliveries")) == 1


async def test_two_planners_at_once_plan_one_letter(crew: Crew, postgres_url: str):
    await wants_digest(crew)
    await to_eight(crew)
    one, other = crew.postgres.digests, worker(crew)
    now, due = await one.due(10)
    assert [(each.user, each.at, each.time_zone) for each in due] == [("cora", EIGHT, None)]
    assert now.tzinfo == UTC or now.utcoffset() == timedelta()
    assert await other.run_once()

    class Sees:
        """The port `Digests` as the second saw it, before the first had planned."""

        plan = one.plan

        async def due(self, limit: int):
            return now, due

    assert await DigestsWorker(Sees(), STAFF).run_once()  # type: ignore[arg-type]
    async with plain(postgres_url) as rows:
        assert len(await rows("SELECT id FROM deliveries")) == 1


async def test_who_takes_the_digest_back_gets_none(crew: Crew):
    await wants_digest(crew)
    await crew.postgres.notifications.prefer("cora", Preferences(), None)
    await crew.advance(timedelta(days=2))
    assert not await worker(crew).run_once()
