"""Starting, reading, changing and cancelling processes."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.cases import LARGE, SMALL, clerk, officer, started
from tests.api.people import Person, answer, person, refused


@pytest.mark.parametrize("path", ["/api/processes", "/api/processes/start"])
async def test_a_process_starts_at_either_address(app: FastAPI, expense: str, path: str):
    body = {"journey": "expense", "context": SMALL, "business_key": "R-1", "priority": "high", "due": "2030-01-31"}
    process = await officer(app).post(path, body, 201)
    assert process["title"] == "Kim: 20"
    assert (process["status"], process["version"], process["priority"]) == ("running", "1.0.0", "high")
    assert (process["initiated_by"], process["owner"], process["business_key"]) == ("u-officer", "u-officer", "R-1")
    assert process["due_at"] == "2030-01-31T00:00:00.000Z"
    assert process["progress"] == {"resolved": 0, "total": 3}
    assert [(step["atom"], step["visit"], step["state"]) for step in process["steps"]] == [("enter", 1, "active")]
    assert process["open_tasks"] == [f"{process['id']}.1"]
    assert await officer(app).get(f"/api/processes/{process['id']}") == process


async def test_a_process_runs_to_its_outcome(app: FastAPI, expense: str):
    process = await started(officer(app), LARGE)
    done = await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    assert done["started"] == [{"atom": "review", "visit": 1, "task": f"{process['id']}.2"}]
    assert done["skipped"] == []
    last = await person(app, "u-boss", ["boss"]).post(f"/api/tasks/{process['id']}.2/complete", {})
    assert last["process"] == {"id": process["id"], "status": "completed", "outcome": "paid"}
    found = await officer(app).get(f"/api/processes/{process['id']}")
    assert (found["status"], found["outcome"], found["progress"]["resolved"]) == ("completed", "paid", 3)
    assert [step["atom"] for step in found["steps"]] == ["enter", "review", "paid"]
    assert await officer(app).get(f"/api/processes/{process['id']}", visits="all") == found


EXACT = ["0.30000000000000004", "12345678901234567890.123", "1.50", "0.1", "100", "9007199254740993", "1E+2", "1E-300"]


async def test_numbers_keep_their_exact_value_both_ways(app: FastAPI, expense: str):
    for text in EXACT:
        body = f'{{"journey": "expense", "context": {{"who": "Kim", "amount": {text}, "limit": 1}}}}'
        process = answer(await _send_text(officer(app), "/api/processes", body), 201)
        output = f'{{"output": {{"approved": true, "share": {text}}}}}'
        answer(await _send_text(clerk(app), f"/api/tasks/{process['open_tasks'][0]}/complete", output))
        found = await officer(app).get(f"/api/processes/{process['id']}")
        assert Decimal(found["context"]["amount"]) == Decimal(found["context"]["share"]) == Decimal(text)


async def _send_text(who: Person, path: str, text: str) -> httpx.Response:
    return await who.send("POST", path, text=text.encode(), media="application/json")


async def test_case_data_that_break_the_schema_are_refused_with_their_places(app: FastAPI, expense: str):
    body = {"journey": "expense", "context": {"who": 5, "amount": -1}}
    errors = refused(await officer(app).send("POST", "/api/processes", body), 422, "context_invalid")["errors"]
    assert {error["pointer"] for error in errors} == {"/who", "/amount"}


async def test_what_does_not_exist_cannot_be_started(app: FastAPI, expense: str):
    who = officer(app)
    for body, code, name, there in (
        ({"journey": "nothing"}, "journey_not_found", "known", "expense"),
        ({"journey": "expense", "version": "7.0.0"}, "version_not_found", "published", "1.0.0"),
        ({"journey": "expense", "at": "nowhere", "context": SMALL}, "part_not_found", "known", "intake"),
    ):
        assert there in refused(await who.send("POST", "/api/processes", body), 404, code)[name]


async def test_a_part_of_a_journey_can_be_started(app: FastAPI, expense: str):
    process = await started(officer(app), SMALL, at="intake")
    assert process["progress"]["total"] == 1


async def test_a_business_key_is_unique_among_the_open_processes_of_a_journey(app: FastAPI, expense: str):
    first = await started(officer(app), business_key="R-1")
    body = {"journey": "expense", "context": SMALL, "business_key": "R-1"}
    problem = refused(await officer(app).send("POST", "/api/processes", body), 409, "business_key_taken")
    assert problem["process"] == first["id"]
    await officer(app).post(f"/api/processes/{first['id']}/cancel", {"reason": "twice"})
    await started(officer(app), business_key="R-1")


CANCELLING: list[tuple[str, str, Any]] = [
    ("POST", "cancel", {"reason": "no longer needed"}),
    ("POST", "abort", {"reason": "no longer needed", "compensate": False}),
    ("PUT", "status", {"status": "cancelled", "reason": "no longer needed"}),
]


async def test_cancelling_ends_all_that_is_open(app: FastAPI, expense: str):
    who = officer(app)
    for method, path, body in CANCELLING:
        process = await started(who)
        address = f"/api/processes/{process['id']}/{path}"
        found = answer(await who.send(method, address, body))
        assert (found["status"], found["outcome"], found["open_tasks"]) == ("cancelled", None, [])
        refused(await who.send(method, address, body), 409, "process_ended")
        events = (await who.get(f"/api/processes/{process['id']}/history"))["items"]
        cancelled = next(event for event in events if event["type"] == "process.cancelled")
        assert (cancelled["actor"], cancelled["payload"]["reason"]) == ("u-officer", "no longer needed")


async def test_the_case_data_are_changed_by_a_merge_patch(app: FastAPI, expense: str):
    process = await started(officer(app), {**SMALL, "note": "old"})
    path = f"/api/processes/{process['id']}/context"
    body = {"patch": {"limit": Decimal("7.5"), "note": None}, "reason": "new limit"}
    found = answer(await officer(app).send("PATCH", path, body))
    assert found["context"] == {"who": "Kim", "amount": 20, "limit": Decimal("7.5")}
    wrong = {"patch": {"amount": None, "limit": "much"}, "reason": "r"}
    errors = refused(await officer(app).send("PATCH", path, wrong), 422, "context_invalid")["errors"]
    assert {error["pointer"] for error in errors} == {"", "/limit"}
    assert (await officer(app).get(f"/api/processes/{process['id']}"))["context"] == found["context"]


@pytest.mark.parametrize("spelling", ["history", "events"])
async def test_the_history_comes_oldest_first_page_by_page(app: FastAPI, expense: str, spelling: str):
    process = await started(officer(app))
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    path = f"/api/processes/{process['id']}/{spelling}"
    whole = (await officer(app).get(path))["items"]
    assert [event["seq"] for event in whole] == list(range(1, len(whole) + 1))
    assert whole[0]["type"] == "process.started"
    paged, cursor = [], None
    while True:
        page = await officer(app).get(path, limit=2, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    refused(await officer(app).send("GET", path, cursor="nonsense"), 422, "cursor_invalid")


async def test_the_history_carries_the_requests_correlation_id(app: FastAPI, expense: str):
    response = await officer(app).send("POST", "/api/processes", {"journey": "expense", "context": SMALL})
    process = answer(response, 201)
    event = (await officer(app).get(f"/api/processes/{process['id']}/history"))["items"][0]
    assert event["correlation_id"] == response.headers["x-request-id"]


async def test_the_picture_shows_states_and_results(app: FastAPI, expense: str):
    process = await started(officer(app), LARGE)
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    path = f"/api/processes/{process['id']}/visualize"
    picture = await officer(app).get(path)
    assert {node["id"]: node["state"] for node in picture["nodes"]} == {
        "enter": "completed",
        "review": "active",
        "paid": None,
    }
    assert {(edge["source"], edge["target"]): edge["result"] for edge in picture["edges"]} == {
        ("enter", "review"): "taken",
        ("enter", "paid"): "not_taken",
        ("review", "paid"): "pending",
    }
    chart = await officer(app).send("GET", path, format="mermaid")
    assert chart.headers["content-type"].startswith("text/plain")
    assert chart.text.startswith("flowchart")


async def test_explain_names_who_would_move_it(app: FastAPI, expense: str):
    process = await started(officer(app))
    (held,) = (await officer(app).get(f"/api/processes/{process['id']}/explain"))["waiting_for"]
    assert (held["kind"], held["atom"], held["id"]) == ("task", "enter", process["open_tasks"][0])
    assert held["who"] == ["role:clerk"]
    assert held["unblocks"] == ["review", "paid"]


async def test_lists_are_newest_first_and_filtered(app: FastAPI, expense: str):
    who = officer(app)
    ids = [(await started(who, {**SMALL, "who": name}, business_key=f"K-{name}"))["id"] for name in ("a", "b", "c")]
    await who.post(f"/api/processes/{ids[0]}/cancel", {"reason": "r"})
    await started(officer(app, "u-other"))

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in (await who.get("/api/processes", **query))["items"]]

    assert await found() == ids[::-1]
    assert await found(status="running") == ids[:0:-1]
    assert await found(business_key="K-b") == [ids[1]]
    assert await found(q="k-C") == [ids[2]]
    assert await found(initiated_by="me", journey="expense") == ids[::-1]
    assert await found(owner="u-other") == []
    assert await found(**{"context.who": "b"}) == [ids[1]]
    assert await found(**{"context.who": "b", "context.amount": "21"}) == []
    first = await who.get("/api/processes", limit=2)
    second = await who.get("/api/processes", limit=2, cursor=first["next_cursor"])
    assert [item["id"] for page in (first, second) for item in page["items"]] == ids[::-1]
    refused(await who.send("GET", "/api/processes", cursor="x"), 422, "cursor_invalid")


async def test_counts_are_of_what_the_caller_may_see(app: FastAPI, admin: Person, expense: str):
    first = await started(officer(app))
    await started(officer(app, "u-other"))
    await officer(app).post(f"/api/processes/{first['id']}/cancel", {"reason": "r"})
    own = await officer(app).get("/api/processes/stats/summary")
    assert (own["total"], own["by"]["status"]) == (1, {"cancelled": 1})
    every = await admin.get("/api/processes/stats/summary")
    assert (every["total"], every["by"]["journey"]) == (2, {"expense": 2})
