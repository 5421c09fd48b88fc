"""Figures and questions to the graph, and whether the parts are there."""

import pytest
from fastapi import FastAPI

from engine.bootstrap import Engine
from graph import Neo4j
from local.servers import Addresses
from tests.api.cases import LARGE, clerk, held, officer, open_task, started
from tests.api.people import Person, person, refused


@pytest.fixture
def analyst(app: FastAPI) -> Person:
    """Someone who reads figures."""
    return person(app, "u-analyst", ["analyst"])


async def projected(engine: Engine) -> None:
    """Brings the graph up to the last event."""
    await engine.projector.catch_up()


async def test_active_processes_come_longest_running_first(app: FastAPI, analyst: Person, expense: str):
    ids = [(await started(officer(app)))["id"] for _ in range(3)]
    await officer(app).post(f"/api/processes/{ids[1]}/cancel", {"reason": "r"})
    first = await analyst.get("/api/monitoring/active-processes", limit=1)
    second = await analyst.get("/api/monitoring/active-processes", limit=1, cursor=first["next_cursor"])
    assert [item["id"] for page in (first, second) for item in page["items"]] == [ids[0], ids[2]]


async def test_bottlenecks_are_read_from_the_graph(app: FastAPI, engine: Engine, analyst: Person, expense: str):
    for _ in range(2):
        await open_task(app)
    await clerk(app).post(f"/api/tasks/{await open_task(app, LARGE)}/complete", {"output": {"approved": True}})
    await projected(engine)
    found = await analyst.get("/api/monitoring/bottlenecks", limit=10)
    waiting = {item["atom"]: item["waiting"] for item in found["items"]}
    assert (waiting["enter"], waiting["review"]) == (2, 1)
    assert set(found["items"][0]) == {
        "journey", "atom", "name", "role", "waiting", "oldest_at", "p50_seconds", "p95_seconds", "blocked_downstream",
    }  # fmt: skip
    assert found["as_of"].endswith("Z")


async def test_the_library_says_what_each_question_takes_and_gives(analyst: Person):
    items = {item["name"]: item for item in (await analyst.get("/api/graph/questions"))["items"]}
    assert {"bottlenecks", "next_atoms", "role_load", "path_frequency", "time_by_dimension", "stuck"} <= set(items)
    for item in items.values():
        assert item["question"].endswith("?")
        assert item["columns"]


async def test_a_question_is_answered_with_the_columns_it_names(
    app: FastAPI, engine: Engine, analyst: Person, expense: str
):
    await open_task(app)
    await projected(engine)
    found = await analyst.get("/api/graph/questions/role_load")
    assert found["items"]
    assert all(list(row) == found["columns"] for row in found["items"])


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": "0"}, {"limit": "100000"}, {"nothing": "1"}])
async def test_a_parameter_that_a_question_does_not_take_is_refused(analyst: Person, query: dict[str, str]):
    response = await analyst.send("GET", "/api/graph/questions/bottlenecks", **query)
    errors = refused(response, 422, "request_invalid")["errors"]
    assert [error["parameter"] for error in errors] == [*query]


async def test_a_question_that_is_not_in_the_library_is_not_found(analyst: Person):
    problem = refused(await analyst.send("GET", "/api/graph/questions/nothing"), 404, "question_not_found")
    assert "bottlenecks" in problem["known"]


async def test_ready_tells_of_both_databases_and_the_lag(app: FastAPI, engine: Engine, expense: str):
    await open_task(app)
    state = await person(app, "u-1").get("/health/ready")
    assert (state["status"], state["postgres"], state["neo4j"]) == ("ready", "there", "there")
    assert state["projection"]["events"] > 0
    await projected(engine)
    assert (await person(app, "u-1").get("/health/ready"))["projection"]["events"] == 0


async def test_ready_and_metrics_tell_of_an_event_that_the_graph_cannot_take(
    app: FastAPI, engine: Engine, neo4j: Addresses, expense: str
):
    """Work goes on, and the graph stands still: whoever looks after the servers is told which event it is."""
    await projected(engine)
    async with Neo4j.open(neo4j.neo4j_uri, (neo4j.neo4j_user, neo4j.neo4j_password)) as opened:
        await opened.projection.note_stuck("event 7 of p1 (task.completed): broken")
    anybody = person(app, "u-1")
    state = await anybody.get("/health/ready")
    assert (state["status"], state["projection"]["stuck"]) == ("degraded", "event 7 of p1 (task.completed): broken")
    assert "wayline_projection_stuck 1.0" in (await anybody.send("GET", "/metrics")).text
    await open_task(app)
    await projected(engine)
    assert (await anybody.get("/health/ready"))["status"] == "ready"
    assert "wayline_projection_stuck 0.0" in (await anybody.send("GET", "/metrics")).text


async def test_metrics_count_requests_and_what_is_open(app: FastAPI, expense: str):
    await held(app)
    text = (await person(app, "u-1").send("GET", "/metrics")).text
    assert 'wayline_http_requests_total{method="POST",route="/api/processes",status="201"} 1.0' in text
    assert 'wayline_processes{by="status",value="running"} 1.0' in text
    assert 'wayline_tasks{by="status",value="completed"} 1.0' in text
    assert 'wayline_incidents{by="code",value="unresolved"} 1.0' in text
    assert 'wayline_database_up{database="neo4j"} 1.0' in text
