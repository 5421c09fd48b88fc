"""The documents of a case in the port `Store`: their newest versions are part of the marking (decision 0023)."""

from engine.core.commands import CompleteTask, RepeatAtom, Start
from engine.core.decide import decide
from engine.core.documents import AcceptDocument, ReceiveDocument, RefuseDocument
from engine.core.fold import fold
from engine.ports import Commit
from tests.conformance.worlds import OLGA, World, as_stored, drained
from tests.core.play import ADMIN, journey_of
from tests.core.test_documents import ATOMS, HEAD, KEEPER, LINK

DEEDS = journey_of(ATOMS, HEAD)
RECEIVE = ReceiveDocument(OLGA, "deed", LINK)


async def test_what_became_of_each_document_is_read_as_it_was_decided_and_folded(world: World) -> None:
    await world.start(DEEDS)
    for command in (
        RECEIVE,
        ReceiveDocument(KEEPER, "letter", LINK),
        RefuseDocument(KEEPER, "deed", "page two is missing"),
        RECEIVE,
        AcceptDocument(KEEPER, "deed", note="now it is whole"),
        CompleteTask(OLGA, 1, {}),
        RepeatAtom(ADMIN, "bring", "another buyer"),
    ):
        decision = await world.give(DEEDS, "p1", command)
        assert await world.marking() == as_stored(decision.after)
    events, _ = await drained(world, 100)
    stored = await world.marking()
    assert as_stored(fold(DEEDS, events)) == stored
    assert {one.document: (one.version, one.state, one.visit) for one in stored.documents.values()} == {
        "deed": (2, "accepted", 1),
        "letter": (1, "received", None),
    }


async def test_a_version_that_comes_and_is_judged_in_one_transaction_is_written_as_it_was_judged(world: World) -> None:
    async with world.store.transaction() as transaction:
        now = (await transaction.lock(["p1"])).now
        decisions = [decide(DEEDS, None, Start(OLGA, "p1", {}), now)]
        for command in (RECEIVE, RefuseDocument(KEEPER, "deed", "blank"), RECEIVE, AcceptDocument(KEEPER, "deed")):
            decisions.append(decide(DEEDS, decisions[-1].after, command, now))
        await transaction.write([Commit(one, "c1") for one in decisions], [])
    stored = await world.marking()
    assert stored == as_stored(decisions[-1].after)
    assert (stored.documents["deed"].version, stored.documents["deed"].state) == (2, "accepted")
