"""The documents of cases in the live graph, and the question which of them hold up most (decision 0023)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from engine.core.documents import AcceptDocument, ReceiveDocument, RefuseDocument
from engine.core.events import Event
from engine.core.frozen import changed
from engine.core.journey import Routes
from engine.core.times import format_time
from engine.statements import questions
from graph import Neo4j
from tests.core.play import Play
from tests.core.test_documents import CLERK, HEAD, KEEPER, LINK
from tests.graph.feeding import feed
from tests.graph.reading import rows

ATOMS = """
- {id: bring, performed_by: clerk, produces: [deed], enables: [read, sign]}
- {id: read, performed_by: chief, uses: [report], requires_documents: [deed, letter]}
- {id: sign, performed_by: lender, requires_documents: [deed]}
"""


def named(number: int, events: Iterable[Event]) -> list[Event]:
    return [changed(event, process=f"p{number}") for event in events]


def case(number: int, *commands: Any) -> list[Event]:
    """Case `p<number>`, an hour after the one before, in which the deed is brought and then this happens."""
    play = Play(ATOMS, HEAD)
    play.now += timedelta(hours=number)
    play.start()
    play.done("bring", CLERK)
    for command in commands:
        play.give(command)
    return named(number, play.events)


RECEIVE = ReceiveDocument(KEEPER, "deed", LINK)


@pytest.fixture
async def cases(opened: Neo4j) -> list[list[Event]]:
    """The deed is missing, received, refused, accepted and, as a newer version, received in these cases."""
    play = Play(ATOMS, HEAD)
    await opened.graph.publish(play.journey.definition, Routes(tuple(play.journey.routes.values())))
    return [
        case(1),
        case(2, RECEIVE),
        case(3, RECEIVE, RefuseDocument(KEEPER, "deed", "blank")),
        case(4, RECEIVE, AcceptDocument(KEEPER, "deed")),
        case(5, RECEIVE, AcceptDocument(KEEPER, "deed"), RECEIVE, ReceiveDocument(KEEPER, "letter", LINK)),
    ]


def together(cases: Sequence[list[Event]]) -> list[Event]:
    """The events of all cases in the order of time."""
    return sorted((event for events in cases for event in events), key=lambda event: (event.at, event.seq))


async def standing(opened: Neo4j) -> dict[tuple[str, str], tuple[str, int, str]]:
    found = await rows(
        opened,
        """MATCH (p:ProcessInstance)-[has:HAS_DOCUMENT]->(d:Document)
        RETURN p.id AS process, d.key AS document, has.state AS state, has.version AS version,
          toString(has.since) AS since""",
    )
    assert len({(row["process"], row["document"]) for row in found}) == len(found), "one relationship each"
    return {(row["process"], row["document"]): (row["state"], row["version"], row["since"]) for row in found}


async def test_each_document_of_a_case_shows_how_its_newest_version_stands(
    opened: Neo4j, cases: list[list[Event]]
) -> None:
    await feed(opened, together(cases))
    found = await standing(opened)
    assert {key: row[:2] for key, row in found.items()} == {
        ("p2", "example@1.0.0/deed"): ("received", 1),
        ("p3", "example@1.0.0/deed"): ("refused", 1),
        ("p4", "example@1.0.0/deed"): ("accepted", 1),
        ("p5", "example@1.0.0/deed"): ("received", 2),
        ("p5", "example@1.0.0/letter"): ("received", 1),
    }
    assert found["p2", "example@1.0.0/deed"][2] == cases[1][-1].at.isoformat().replace("+00:00", "Z")[:20]


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_a_rebuild_in_other_batches_is_what_was_projected_live(
    opened: Neo4j, cases: list[list[Event]], size: int
) -> None:
    events = together(cases)
    await feed(opened, events)
    live = await opened.projection.digest()
    await opened.projection.clear()
    await feed(opened, events, range(size, len(events), size))
    assert await opened.projection.digest() == live
    await feed(opened, named(2, [changed(cases[3][-1], seq=cases[1][-1].seq + 1)]))
    assert await opened.projection.digest() != live, "documents are part of the digest"


async def test_the_question_tells_which_documents_hold_up_most_cases_and_since_when(
    opened: Neo4j, cases: list[list[Event]]
) -> None:
    await feed(opened, together(cases))
    question = questions()["documents_missing"]
    answer = await opened.graph.ask(question, {})
    letter, deed = [dict(row) for row in answer.rows]
    assert list(deed) == [column.name for column in question.columns]
    assert (letter["document"], letter["name"], letter["cases"], letter["missing"]) == ("letter", "Letter", 5, 4)
    assert (letter["received"], letter["atoms"], letter["produced_by"]) == (1, ["read"], [])
    assert (deed["document"], deed["cases"]) == ("deed", 4)
    assert (deed["missing"], deed["received"], deed["refused"]) == (1, 2, 1)
    assert (deed["atoms"], deed["produced_by"], deed["example"]) == (["read", "sign"], ["bring"], "p1")
    assert deed["oldest_at"] == format_time(cases[0][-1].at)
    assert not (await opened.graph.ask(question, {"journey": "other"})).rows
    assert len((await opened.graph.ask(question, {"limit": 1})).rows) == 1
