"""The analysts' library: each question on a few cases, bounded, and written in Cypher that is not deprecated."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from neo4j import AsyncGraphDatabase

from engine.core.commands import ClaimTask
from engine.core.events import Event
from engine.core.frozen import changed
from engine.core.journey import Routes
from engine.core.times import format_time
from engine.statements import CYPHER_QUERIES, Statements, questions
from graph import Neo4j
from graph.net import FIXED
from local.servers import Addresses
from tests.core.play import ADMIN, Play
from tests.graph.feeding import feed

LIBRARY = questions()
REQUIRED: dict[str, dict[str, Any]] = {
    "next_atoms": {"process": "p1", "atom": "apply", "taken": ["credit"]},
    "path_frequency": {"journey": "example"},
    "time_by_dimension": {"journey": "example", "dimension": "text"},
}
LOAN = """
phases:
  - id: front
    atoms:
      - {id: apply, entry: true, performed_by: clerk, enables: [credit, income]}
      - {id: credit, kind: system, action: do.it, enables: [decide]}
      - {id: income, performed_by: chief, enables: [decide]}
  - id: back
    atoms:
      - id: decide
        kind: decision
        split: first
        enables: [{to: paid, rule: {"==": [{var: go}, true]}}, {to: refused, otherwise: true}]
      - {id: paid, performed_by: clerk, depends_on: [papers], enables: [funded]}
      - {id: refused, kind: milestone, outcome: refused}
      - {id: papers, entry: true, performed_by: clerk}
      - {id: funded, kind: milestone, outcome: funded}
"""


async def ask(opened: Neo4j, name: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = await opened.graph.ask(LIBRARY[name], parameters)
    return [dict(row) for row in answer.rows]


def case(number: int, *atoms: str, **context: Any) -> Play:
    """Case `p<number>`, started an hour after the one before, in which `atoms` were done, a minute each."""
    play = Play(LOAN)
    play.journey = replace(play.journey, definition=replace(play.journey.definition, dimensions=("n", "text")))
    play.now += timedelta(hours=number)
    play.start(**context)
    for atom in atoms:
        play.now += timedelta(seconds=59)
        play.done(atom)
    return play


def named(number: int, events: Iterable[Event]) -> list[Event]:
    """The events of case `p<number>` (a play by itself calls its process otherwise)."""
    return [changed(event, process=f"p{number}") for event in events]


@pytest.fixture
async def cases(opened: Neo4j) -> list[Play]:
    """One funded and two refused cases, one at `income` and two at `apply`."""
    cases = [
        case(1, "apply", "credit", "papers", "income", "paid", go=True, n=120, text="north"),
        case(2, "apply", "papers", "income", "credit", go=False, n=180, text="south"),
        case(3, "apply", "credit", "income", "papers", go=False, n=210, text="south"),
        case(4, "apply", "credit", go=True, n=390, text="north"),
        case(5, go=True, n=130),
        case(6, go=True, n=150),
    ]
    definition = replace(cases[0].journey.definition)
    await opened.graph.publish(definition, Routes(tuple(cases[0].journey.routes.values())))
    await feed(opened, [event for number, play in enumerate(cases, 1) for event in named(number, play.events)])
    return cases


async def test_the_library_holds_what_the_product_promises():
    assert set(LIBRARY) == {
        "bottlenecks",
        "breaches",
        "close_to_breach",
        "documents_missing",
        "four_eyes_conflicts",
        "hand_over_network",
        "holds",
        "load_by_team",
        "next_atoms",
        "path_frequency",
        "role_load",
        "single_points_of_failure",
        "staffing",
        "stuck",
        "time_by_dimension",
        "who_could_do",
    }


async def test_bottlenecks_tells_who_waits_how_long_it_takes_and_what_is_behind(opened: Neo4j, cases: list[Play]):
    found = {row["atom"]: row for row in await ask(opened, "bottlenecks")}
    assert list(found["apply"]) == [column.name for column in LIBRARY["bottlenecks"].columns]
    apply, income = found["apply"], found["income"]
    assert (apply["journey"], apply["name"], apply["role"], apply["waiting"]) == ("example", "apply", "clerk", 2)
    assert apply["oldest_at"] == format_time(cases[4].now)
    assert (apply["p50_seconds"], apply["p95_seconds"]) == (60.0, 60.0)
    # Behind `apply` are credit, income, decide, paid, refused and funded, in both cases.
    assert apply["blocked_downstream"] == 12
    assert (income["waiting"], income["blocked_downstream"], income["p50_seconds"]) == (1, 4, 120.0)
    # `papers` holds `paid` by a dependency, and with it `funded`, in all three cases that run.
    assert (found["papers"]["waiting"], found["papers"]["blocked_downstream"]) == (3, 6)
    assert found["credit"]["role"] is None
    assert "decide" not in found


async def test_bottlenecks_come_worst_first_and_can_be_asked_of_one_journey(opened: Neo4j, cases: list[Play]):
    waiting = [row["waiting"] for row in await ask(opened, "bottlenecks")]
    assert waiting == sorted(waiting, reverse=True)
    assert await ask(opened, "bottlenecks", journey="other") == []
    assert len(await ask(opened, "bottlenecks", limit=2)) == 2


async def test_role_load_counts_open_held_and_done_work(opened: Neo4j, cases: list[Play]):
    await feed(opened, named(5, cases[4].give(ClaimTask(ADMIN, 1)).events))
    clerk, chief = await ask(opened, "role_load")
    assert (clerk["role"], clerk["name"], clerk["open"], clerk["held"], clerk["people"]) == ("clerk", "Clerk", 5, 1, 1)
    assert (clerk["performed"], chief["performed"]) == (8, 3)
    assert (chief["role"], chief["open"], chief["held"], chief["people"]) == ("chief", 1, 0, 0)


async def test_path_frequency_counts_ways_whatever_the_order_of_what_ran_side_by_side(opened: Neo4j, cases: list[Play]):
    refused, funded = await ask(opened, "path_frequency", journey="example")
    assert (refused["outcome"], refused["cases"], refused["share"], refused["example"]) == ("refused", 2, 0.6667, "p3")
    assert set(refused["path"]) == {"apply", "papers", "credit", "income", "decide", "refused"}
    assert refused["path"].index("apply") < refused["path"].index("decide") < refused["path"].index("refused")
    assert refused["p50_seconds"] == 240.0
    assert (funded["outcome"], funded["cases"], funded["path"][-1]) == ("funded", 1, "funded")


async def test_time_by_dimension_groups_by_value_and_numbers_by_range(opened: Neo4j, cases: list[Play]):
    south, north = await ask(opened, "time_by_dimension", journey="example", dimension="text")
    assert (south["value"], south["running"], south["ended"], south["p50_seconds"]) == ("south", 0, 2, 240.0)
    assert (north["value"], north["running"], north["ended"], north["p95_seconds"]) == ("north", 1, 1, 300.0)
    ranges = await ask(opened, "time_by_dimension", journey="example", dimension="n", width=100)
    assert {row["value"]: row["running"] + row["ended"] for row in ranges} == {100: 4, 200: 1, 300: 1}


async def test_time_by_dimension_gives_nothing_of_a_name_that_was_not_declared(opened: Neo4j, cases: list[Play]):
    assert await ask(opened, "time_by_dimension", journey="example", dimension="status") == []


def test_time_by_dimension_knows_every_name_that_a_dimension_does_not_take():
    text = LIBRARY["time_by_dimension"].text
    assert set(re.findall(r"'([a-z_]+)'", text)) - {"context_"} == FIXED


async def test_stuck_tells_what_stands_still_incidents_first_then_the_oldest(opened: Neo4j, cases: list[Play]):
    held = case(7, "apply", "credit", "income")  # `go` is missing: the decision's rule finds nothing (R9)
    await feed(opened, named(7, held.events))
    first, *others = await ask(opened, "stuck")
    assert (first["process"], first["atom"], first["cause"], first["incident"]) == (
        "p7",
        "decide",
        "incident",
        "unresolved",
    )
    assert first["since"] == format_time(held.now)
    since = [row["since"] for row in others]
    assert since == sorted(since)
    assert {row["cause"] for row in others} == {"unclaimed"}
    p4 = next(row for row in others if (row["process"], row["atom"]) == ("p4", "income"))
    assert (p4["who"], p4["pending"]) == ("chief", 1)


async def test_stuck_can_be_asked_of_what_stands_still_for_long(opened: Neo4j, cases: list[Play]):
    found = await ask(opened, "stuck", before=format_time(cases[4].now))
    assert {row["process"] for row in found} == {"p4"}
    assert len(await ask(opened, "stuck", limit=1)) == 1


async def test_next_atoms_shows_what_would_start_and_what_would_be_skipped(opened: Neo4j, cases: list[Play]):
    assert await ask(opened, "next_atoms", process="p4", atom="decide", taken=["refused"]) == [
        {"atom": "paid", "name": "paid", "kind": "human", "role": "clerk", "becomes": "skipped"},
        {"atom": "refused", "name": "refused", "kind": "milestone", "role": None, "becomes": "active"},
        {"atom": "funded", "name": "funded", "kind": "milestone", "role": None, "becomes": "skipped"},
    ]
    assert await ask(opened, "next_atoms", process="p4", atom="decide", taken=["paid"]) == [
        {"atom": "refused", "name": "refused", "kind": "milestone", "role": None, "becomes": "skipped"}
    ]


async def test_next_atoms_stays_within_the_part_the_process_was_started_at(opened: Neo4j, cases: list[Play]):
    """R1: edges from outside the scope do not exist, and those that leave it lead nowhere."""
    front, back = Play(LOAN).start(part="front"), Play(LOAN).start(part="back")
    await feed(opened, [changed(event, process="f") for event in front.events])
    await feed(opened, [changed(event, process="b") for event in back.events[:1]])
    assert {
        row["atom"] for row in await ask(opened, "next_atoms", process="f", atom="apply", taken=["credit", "income"])
    } == {"credit", "income"}
    assert await ask(opened, "next_atoms", process="f", atom="income", taken=["decide"]) == []
    started = await ask(opened, "next_atoms", process="b", atom="papers", taken=[])
    assert [(row["atom"], row["becomes"]) for row in started] == [("decide", "active")]


async def test_nothing_starts_in_a_process_that_has_ended(opened: Neo4j, cases: list[Play]):
    assert await ask(opened, "next_atoms", process="p1", atom="apply", taken=["credit"]) == []


async def test_an_answer_tells_how_far_the_graph_had_come(opened: Neo4j, cases: list[Play]):
    answer = await opened.graph.ask(LIBRARY["stuck"], {})
    assert answer.as_of == format_time(cases[5].now)


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_every_question_is_bounded(name: str):
    question = LIBRARY[name]
    (limit,) = [one for one in question.parameters if one.name == "limit"]
    assert 1 <= limit.default <= 1000
    assert "LIMIT $limit" in question.text


async def test_no_statement_is_deprecated_or_multiplies_by_accident(neo4j: Addresses, opened: Neo4j, cases: list[Play]):
    """Every query and question, planned by the server that runs it."""
    statements = {**Statements.load(CYPHER_QUERIES, ".cypher"), **{name: one.text for name, one in LIBRARY.items()}}
    noted: list[str] = []
    async with AsyncGraphDatabase.driver(
        neo4j.neo4j_uri, auth=(neo4j.neo4j_user, neo4j.neo4j_password), warn_notification_severity="OFF"
    ) as driver:
        for name, text in statements.items():
            plan = await driver.execute_query("EXPLAIN " + text)  # type: ignore[arg-type]
            noted += [
                f"{name}: {one.status_description}"
                for one in plan.summary.gql_status_objects
                if one.raw_classification in {"DEPRECATION", "PERFORMANCE"}
            ]
    assert noted == []
