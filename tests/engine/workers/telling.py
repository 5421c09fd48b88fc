"""A crew whose people are told: an organisation, the workers that tell, and the rows that they leave."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from engine.core.callers import Caller
from engine.core.organisation import Organisation, Role, Team, User
from engine.core.signing import fingerprint, secret_of
from engine.journeys import Journeys
from engine.ports import Delivery, Settled, WebhookRecord
from engine.workers.notifier import Notifier
from tests.core.stage import NOON
from tests.engine.workers.conftest import Crew
from tests.fakes.organisation import FixedStaff

KEY = "a key of the tests that is long enough"
MONA = Caller("mona", frozenset({"chief"}), frozenset({"task:read_all", "task:reassign", "task:act_any"}))
ATOMS = "  - {id: a, name: Look at it, performed_by: clerk}\n"
PEOPLE = Organisation.of(
    1,
    [
        User("carl", "Carl Clerk", "carl@example.org", roles=frozenset({"clerk"}), teams=frozenset({"desk"})),
        User("cora", "Cora Clerk", "cora@example.org", roles=frozenset({"clerk"}), time_zone="Europe/Berlin"),
        User("mona", "Mona Manager", "mona@example.org", roles=frozenset({"chief"})),
    ],
    [Role("clerk", "Clerk"), Role("chief", "Chief")],
    [Team("desk", "Desk", "mona")],
)
STAFF = FixedStaff(PEOPLE)


def notifier(crew: Crew, limit: int = 2000, *, letters: bool = True) -> Notifier:
    return Notifier(
        crew.postgres.outbox, crew.postgres.notice_book, Journeys(crew.postgres.versions), STAFF, limit, letters
    )


async def tell(crew: Crew, limit: int = 2000, *, letters: bool = True) -> None:
    """Tells of all that happened."""
    worker = notifier(crew, limit, letters=letters)
    while await worker.run_once():
        pass


async def hook(crew: Crew, url: str, id: str = "w1", kinds: Sequence[str] = ()) -> None:
    """A webhook at an address."""
    secret = fingerprint(secret_of(KEY, id))
    record = WebhookRecord(id, url, "", tuple(kinds), secret, True, None, None, NOON, "ada")
    assert await crew.postgres.webhooks.create(record, 50)


class Couriers:
    """Takes deliveries down, and answers what it is told to."""

    def __init__(self, answer: Callable[[Delivery], Settled] = lambda _: Settled("delivered")) -> None:
        self.taken: list[Delivery] = []
        self.answer = answer

    async def deliver(self, delivery: Delivery) -> Settled:
        self.taken.append(delivery)
        return self.answer(delivery)


@asynccontextmanager
async def plain(url: str) -> AsyncIterator[Callable[[str], Any]]:
    """Runs statements beside the engine; each gives its rows."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, row_factory=dict_row) as connection:

        async def rows(statement: str) -> list[Mapping[str, Any]]:
            cursor = await connection.execute(statement.encode())
            return await cursor.fetchall() if cursor.description else []

        yield rows
