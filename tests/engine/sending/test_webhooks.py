"""Messages reach a real program, which verifies them; what it answers decides what becomes of them."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from engine.core.signing import fingerprint, secret_of
from engine.ports import Delivery
from engine.sending import Addresses, Links, WebhookCourier
from tests.engine.sending.receivers import Program, program

KEY = "a key of the tests that is long enough"
MESSAGE = {
    "type": "assigned",
    "timestamp": "2026-03-01T12:00:00.000Z",
    "data": {"process": "p1", "task": "p1.1", "name": "Look"},
}


@pytest.fixture
async def receiver() -> AsyncIterator[Program]:
    async with program() as made:
        yield made


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=0.3, trust_env=False) as made:
        yield made


def courier(client: httpx.AsyncClient, *allowed: str, key: str = KEY) -> WebhookCourier:
    return WebhookCourier(client, Addresses(allowed or ("127.0.0.1",)), key, Links("https://wayline.example.com"))


def delivery(url: str, webhook: str = "w1") -> Delivery:
    secret = fingerprint(secret_of(KEY, webhook))
    return Delivery("id-1", "webhook", "assigned", MESSAGE, 1, webhook=webhook, url=url, secret=secret)


async def test_a_program_with_the_secret_verifies_what_it_is_sent(receiver: Program, client: httpx.AsyncClient):
    assert (await courier(client).deliver(delivery(receiver.url))).state == "delivered"
    ((headers, body),) = receiver.received
    data = {**MESSAGE["data"], "url": "https://wayline.example.com/tasks/p1.1"}  # type: ignore[dict-item]
    assert Webhook(secret_of(KEY, "w1")).verify(body.decode(), headers) == {**MESSAGE, "data": data}
    assert headers["webhook-id"] == "id-1"
    assert headers["request"] == "POST /hook?channel=7 HTTP/1.1"
    assert headers["content-type"] == "application/json"


async def test_what_is_sent_twice_has_one_id_and_one_body(receiver: Program, client: httpx.AsyncClient):
    for _ in range(2):
        await courier(client).deliver(delivery(receiver.url))
    (first, one), (second, two) = receiver.received
    assert first["webhook-id"] == second["webhook-id"]
    assert json.loads(one) == json.loads(two)


async def test_the_host_is_called_by_its_name_at_the_address_that_was_checked(
    receiver: Program, client: httpx.AsyncClient
):
    named = receiver.url.replace("127.0.0.1", "localhost")
    assert (await courier(client, "localhost").deliver(delivery(named))).state in {"delivered", "waiting"}
    only_four = courier(client, "127.0.0.0/8", "::1")
    assert (await only_four.deliver(delivery(named))).state in {"delivered", "waiting"}
    assert all(headers["host"] == named.split("/")[2] for headers, _ in receiver.received)
    assert receiver.received


@pytest.mark.parametrize(
    ("status", "state", "gone"),
    [(200, "delivered", False), (400, "waiting", False), (503, "waiting", False), (410, "failed", True)],
)
async def test_only_2xx_is_taken_and_410_ends_it(
    receiver: Program, client: httpx.AsyncClient, status: int, state: str, gone: bool
):
    receiver.status = status
    settled = await courier(client).deliver(delivery(receiver.url))
    assert (settled.state, settled.gone) == (state, gone)


async def test_a_redirect_is_not_followed(receiver: Program, client: httpx.AsyncClient):
    async with program() as inside:
        receiver.status, receiver.location = 307, inside.url
        settled = await courier(client).deliver(delivery(receiver.url))
        assert (settled.state, settled.why) == ("waiting", "It answered 307.")
        assert not inside.received


async def test_a_program_that_is_down_or_says_nothing_is_called_again(receiver: Program, client: httpx.AsyncClient):
    receiver.silent = True
    assert (await courier(client).deliver(delivery(receiver.url))).state == "waiting"
    async with program() as gone:
        pass
    settled = await courier(client).deliver(delivery(gone.url))
    assert settled.state == "waiting"
    assert "channel" not in (settled.why or "")


async def test_an_address_inside_the_house_is_not_called(receiver: Program, client: httpx.AsyncClient):
    settled = await courier(client, "10.0.0.0/8").deliver(delivery(receiver.url))
    assert settled.state == "waiting"
    assert "WAYLINE_WEBHOOK_HOSTS" in (settled.why or "")
    assert not receiver.received


async def test_with_another_key_nothing_is_sent_as_nobody_could_verify_it(receiver: Program, client: httpx.AsyncClient):
    settled = await courier(client, key="another key of the tests, long as well").deliver(delivery(receiver.url))
    assert settled.state == "failed"
    assert "WAYLINE_WEBHOOK_KEY" in (settled.why or "")
    assert not receiver.received
