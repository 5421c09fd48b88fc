"""The versions of documents in PostgreSQL, for people: the port `Documents`."""

import psycopg
import pytest

from engine.core.callers import Caller
from engine.core.documents import AcceptDocument, ReceiveDocument, RefuseDocument
from engine.core.task_facts import Link
from engine.store import Postgres
from tests.conformance.worlds import World
from tests.core.play import journey_of
from tests.core.test_documents import ATOMS, HEAD, LINK
from tests.engine.store.conftest import Plain

DEEDS = journey_of(ATOMS, HEAD)
CARL = Caller("carl", frozenset({"clerk"}))
CHEN = Caller("chen", frozenset({"chief"}))
SECOND = (Link("deed-2.pdf", "https://files.example/2"), Link("stamp.png", "https://files.example/3"))


async def test_every_version_is_kept_with_what_became_of_it_newest_first(world: World, postgres: Postgres) -> None:
    await world.start(DEEDS)
    for command in (
        ReceiveDocument(CARL, "deed", LINK, "by mail"),
        RefuseDocument(CHEN, "deed", "page two is missing"),
        ReceiveDocument(CARL, "deed", SECOND),
        AcceptDocument(CHEN, "deed"),
    ):
        decision = await world.give(DEEDS, "p1", command)
    await world.start(DEEDS, "p2")
    await world.give(DEEDS, "p2", ReceiveDocument(CARL, "deed", LINK))
    newest, first = await postgres.documents.versions("p1", 20)
    assert (newest.version, newest.state, newest.since) == (2, "accepted", decision.events[0].at)
    assert (newest.links, newest.note, newest.judged_by, newest.judged_for) == (SECOND, None, "chen", None)
    assert (first.version, first.state, first.links, first.note) == (1, "refused", LINK, "by mail")
    assert (first.received_by, first.judged_by, first.judged_for) == ("carl", "chen", "page two is missing")
    assert (first.atom, first.visit) == ("bring", 1)
    assert first.received_at < first.since <= newest.received_at
    assert await postgres.documents.versions("p1", 1) == [newest]


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("case_documents_state_check", "UPDATE case_documents SET state = 'lost'"),
        ("judged_by_somebody", "UPDATE case_documents SET state = 'accepted'"),
        ("for_a_visit_of_an_atom", "UPDATE case_documents SET visit = NULL"),
        ("case_documents_process_id_fkey", "UPDATE case_documents SET process_id = 'p9'"),
    ],
)
async def test_states_that_cannot_be_are_refused(world: World, sql: Plain, constraint: str, change: str) -> None:
    await world.start(DEEDS)
    await world.give(DEEDS, "p1", ReceiveDocument(CARL, "deed", LINK))
    with pytest.raises(psycopg.IntegrityError, match=constraint):
        await sql.execute(change.encode())
