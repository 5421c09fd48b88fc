"""What is on its way arrives, whatever is killed, down or slow on the way; or it ends, and that shows."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from engine.core.commands import CommentOnTask, ReassignTask
from engine.core.signing import secret_of
from engine.ports import Delivery, Settled, WebhookChange
from engine.sending import Addresses, Links, MailCourier, MailServer, WebhookCourier
from engine.workers.messenger import LEASE, WAITS, Messenger
from tests.engine.sending.receivers import Mailbox, mail_server, program
from tests.engine.workers.conftest import Crew
from tests.engine.workers.telling import ATOMS, KEY, MONA, STAFF, Couriers, hook, plain, tell

LINKS = Links(None)
STATES = "SELECT state, attempts, why FROM deliveries ORDER BY created_at, id"


async def mentioned(crew: Crew, times: int = 1) -> None:
    """Carl is mentioned so often, and letters and messages of that are on their way."""
    (process,) = await crew.start(await crew.publish(ATOMS))
    await crew.give(process, ReassignTask(MONA, 1, "carl"))
    for number in range(times):
        await crew.give(process, CommentOnTask(MONA, 1, f"look {number}", ("carl",), ()))
    await tell(crew)


def letters(crew: Crew, mailbox: Mailbox) -> Messenger:
    server = MailServer("127.0.0.1", mailbox.port, "none", "wayline@example.com", None, None, 5)
    courier = MailCourier(server, STAFF, crew.postgres.digests, LINKS)
    return Messenger("letters", crew.postgres.letters, courier, 4, 5)


def messages(crew: Crew, client: httpx.AsyncClient, most: int = 16) -> Messenger:
    courier = WebhookCourier(client, Addresses(["127.0.0.1"]), KEY, LINKS)
    return Messenger("webhooks", crew.postgres.hook_messages, courier, most, 5)


async def test_a_letter_goes_from_the_event_to_the_mailbox_once(crew: Crew, postgres_url: str):
    await mentioned(crew)
    async with mail_server() as mailbox, plain(postgres_url) as rows:
        messenger = letters(crew, mailbox)
        assert await messenger.run_once()
        assert not await messenger.run_once()
        (letter,) = mailbox.letters
        assert letter["To"] == "carl@example.org"
        assert letter["Subject"].startswith("You were mentioned: Look at it (Example p1)")
        assert (await rows(STATES))[0]["state"] == "delivered"


async def test_a_message_goes_from_the_event_to_the_program_which_verifies_it(crew: Crew):
    async with program() as receiver, httpx.AsyncClient() as client:
        await hook(crew, receiver.url, kinds=["mentioned"])
        await mentioned(crew)
        assert await messages(crew, client).run_once()
        ((headers, body),) = receiver.received
        message = Webhook(secret_of(KEY, "w1")).verify(body.decode(), headers)
    assert message["type"] == "mentioned"
    assert message["data"]["users"] == ["carl"]
    assert message["data"]["text"] == "Mona Manager mentioned you in a comment on “Look at it” of Example p1."


async def test_one_killed_between_the_delivery_and_its_record_sends_it_twice_under_one_id(crew: Crew):
    class Dies(Exception):
        pass

    async def die(*_: object) -> bool:
        raise Dies

    async with program() as receiver, httpx.AsyncClient() as client:
        await hook(crew, receiver.url, kinds=["mentioned"])
        await mentioned(crew)
        killed, queue = messages(crew, client), crew.postgres.hook_messages
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queue, "settle", die)
            with pytest.raises(Dies):
                await killed.run_once()
        assert not await messages(crew, client).run_once(), "the killed one's lease holds"
        await crew.advance(LEASE + timedelta(seconds=1))
        assert await messages(crew, client).run_once()
        (first, one), (second, two) = receiver.received
    assert first["webhook-id"] == second["webhook-id"]
    assert json.loads(one) == json.loads(two)


async def test_an_attempt_that_ends_after_its_lease_changes_nothing(crew: Crew, postgres_url: str):
    await mentioned(crew)
    (late,) = await crew.postgres.letters.claim(1, LEASE)
    await crew.advance(LEASE + timedelta(seconds=1))
    (early,) = await crew.postgres.letters.claim(1, LEASE)
    assert (late.id, late.attempt, early.attempt) == (early.id, 1, 2)
    assert not await crew.postgres.letters.settle(late, Settled("failed", "too late"))
    assert await crew.postgres.letters.settle(early, Settled("delivered"))
    assert not await crew.postgres.letters.settle(late, Settled("failed", "too late"))
    async with plain(postgres_url) as rows:
        assert (await rows(STATES))[0]["state"] == "delivered"


async def test_a_receiver_that_was_down_gets_everything_once_it_is_up(crew: Crew, postgres_url: str):
    async with program() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
    async with httpx.AsyncClient() as client, plain(postgres_url) as rows:
        await hook(crew, receiver.url, kinds=["mentioned"])
        await mentioned(crew, times=6)
        while await messages(crew, client).run_once():
            pass
        failing = await crew.postgres.webhooks.get("w1")
        assert failing and failing.failing_since
        assert {row["state"] for row in await rows(STATES) if row["attempts"]} == {"waiting"}
        async with program(port) as again:
            for _ in range(20):
                await crew.advance(timedelta(minutes=2))
                while await messages(crew, client).run_once():
                    pass
            assert len(again.received) == 6
            assert len({headers["webhook-id"] for headers, _ in again.received}) == 6
        healed = await crew.postgres.webhooks.get("w1")
        assert healed and healed.failing_since is None


async def test_one_that_does_not_answer_is_tried_with_one_message_at_a_time(crew: Crew):
    await hook(crew, "https://hooks.example.org/", kinds=["mentioned"])
    await mentioned(crew, times=6)
    couriers = Couriers(lambda _: Settled("waiting", "It answered 503."))
    messenger = Messenger("webhooks", crew.postgres.hook_messages, couriers, 16, 5)
    assert await messenger.run_once()
    assert len(couriers.taken) == 4, "of one webhook so many at once"
    assert not await messenger.run_once(), "now it rests"
    await crew.advance(timedelta(seconds=6))
    assert await messenger.run_once()
    assert len(couriers.taken) == 5


async def test_a_slow_webhook_leaves_others_their_room(crew: Crew):
    for id in ("slow", "quick"):
        await hook(crew, f"https://{id}.example.org/", id, ["mentioned"])
    await mentioned(crew, times=10)
    taken = await crew.postgres.hook_messages.claim(16, LEASE)
    assert sorted(one.webhook for one in taken) == ["quick"] * 4 + ["slow"] * 4
    assert len(await crew.postgres.hook_messages.claim(3, LEASE)) == 3


async def test_after_the_last_attempt_a_delivery_has_failed_and_says_why(crew: Crew, postgres_url: str):
    await mentioned(crew)
    couriers = Couriers(lambda _: Settled("waiting", "451 later"))
    messenger = Messenger("letters", crew.postgres.letters, couriers, 4, 5)
    for wait in WAITS:
        assert await messenger.run_once()
        assert not await messenger.run_once(), "not before its time"
        await crew.advance(wait)
    assert await messenger.run_once()
    await crew.advance(timedelta(days=3))
    assert not await messenger.run_once()
    async with plain(postgres_url) as rows:
        assert await rows(STATES) == [{"state": "failed", "attempts": len(WAITS) + 1, "why": "451 later"}]


async def test_a_webhook_that_takes_nothing_for_days_is_stopped_and_can_be_taken_up_again(
    crew: Crew, postgres_url: str
):
    await hook(crew, "https://hooks.example.org/", kinds=["mentioned"])
    await mentioned(crew)
    couriers = Couriers(lambda _: Settled("waiting", "It answered 500."))
    messenger = Messenger("webhooks", crew.postgres.hook_messages, couriers, 16, 5)
    for _ in range(100):
        await messenger.run_once()
        await crew.advance(timedelta(hours=1))
        stopped = await crew.postgres.webhooks.get("w1")
        assert stopped
        if not stopped.active:
            break
    assert stopped.stopped_because == "It took nothing for 3 days."
    tries = len(couriers.taken)
    await mentioned(crew)
    await crew.advance(timedelta(days=1))
    assert not await messenger.run_once()
    async with plain(postgres_url) as rows:
        (audited,) = await rows("SELECT actor, subject FROM audit_events WHERE type = 'webhook.stopped'")
        assert tuple(audited.values()) == ("system", "w1")
    changed = await crew.postgres.webhooks.change("w1", WebhookChange(active=True), "ada")
    assert changed and changed.active and changed.stopped_because is None
    await mentioned(crew)
    await messenger.run_once()
    assert len(couriers.taken) == tries + 1


async def test_a_webhook_that_says_it_is_gone_is_called_no_more(crew: Crew):
    await hook(crew, "https://hooks.example.org/", kinds=["mentioned"])
    await mentioned(crew, times=6)
    couriers = Couriers(lambda _: Settled("failed", "It answered 410: it is gone.", gone=True))
    messenger = Messenger("webhooks", crew.postgres.hook_messages, couriers, 1, 5)
    assert await messenger.run_once()
    assert not await messenger.run_once()
    stopped = await crew.postgres.webhooks.get("w1")
    assert stopped and not stopped.active


async def test_an_attempt_that_takes_too_long_is_given_up(crew: Crew, postgres_url: str):
    class Hangs:
        async def deliver(self, delivery: Delivery) -> Settled:
            await asyncio.Event().wait()
            raise AssertionError(delivery)

    await mentioned(crew)
    assert await Messenger("letters", crew.postgres.letters, Hangs(), 4, 0.05).run_once()
    async with plain(postgres_url) as rows:
        assert (await rows(STATES))[0]["why"] == "There was no answer in time."


async def test_while_all_workers_are_paused_nothing_is_sent(crew: Crew):
    await mentioned(crew)
    await crew.postgres.pauses.begin("rita", "restored")
    couriers = Couriers()
    messenger = Messenger("letters", crew.postgres.letters, couriers, 4, 5)
    assert not await messenger.run_once()
    await crew.postgres.pauses.end("rita")
    assert await messenger.run_once()


async def test_failed_messages_are_sent_again_when_somebody_says_so(crew: Crew):
    await hook(crew, "https://hooks.example.org/", kinds=["mentioned"])
    await mentioned(crew, times=2)
    couriers = Couriers(lambda _: Settled("failed", "WAYLINE_WEBHOOK_KEY is another."))
    messenger = Messenger("webhooks", crew.postgres.hook_messages, couriers, 16, 5)
    await messenger.run_once()
    couriers.answer = lambda _: Settled("delivered")
    assert await crew.postgres.webhooks.send_again("w1", 100, "ada") == 2
    await crew.advance(timedelta(seconds=6))
    while await messenger.run_once():
        pass
    records, _ = await crew.postgres.webhooks.deliveries("w1", None, None, 10)
    assert [(one.state, one.attempts) for one in records] == [("delivered", 1)] * 2


async def test_what_is_past_its_age_is_dropped_and_what_is_younger_stays(crew: Crew, postgres_url: str):
    await mentioned(crew, times=3)
    assert await crew.postgres.notifications.forget(100) == 0
    await crew.advance(timedelta(days=91))
    await mentioned(crew)
    assert await crew.postgres.notifications.forget(2) == 2
    while await crew.postgres.notifications.forget(2) == 2:
        pass
    async with plain(postgres_url) as rows:
        counts = "SELECT (SELECT count(*) FROM notifications) AS n, (SELECT count(*) FROM deliveries) AS d"
        assert await rows(counts) == [{"n": 2, "d": 1}]
