"""Loading, publishing, retiring and pausing journeys (issue: Loading; api.md)."""

import itertools

import httpx
from fastapi import FastAPI

from engine.core.values import decode
from tests.api.cases import SMALL, officer
from tests.api.conftest import DOCUMENT
from tests.api.people import Person, answer, person, refused

VERSION = "/api/journeys/expense/versions/1.0.0"


async def load(who: Person, text: str = DOCUMENT, **query: str) -> httpx.Response:
    return await who.send("POST", "/api/journeys", text=text.encode(), **query)


async def test_a_document_becomes_a_draft_and_then_a_published_version(admin: Person):
    draft = answer(await load(admin), 201)
    assert (draft["journey"], draft["version"], draft["status"], draft["atoms"], draft["edges"]) == (
        "expense", "1.0.0", "draft", 3, 3,
    )  # fmt: skip
    published = await admin.post(f"{VERSION}/publish")
    assert (published["status"], published["hash"]) == ("published", draft["hash"])
    assert published["published_at"].endswith("Z")
    assert await admin.get(VERSION) == {**published, "findings": []}


async def test_the_same_content_twice_is_the_same_version(admin: Person, expense: str):
    again = answer(await load(admin, "# only a comment more\n" + DOCUMENT, publish="true"), 200)
    assert again["status"] == "published"
    assert (await admin.get("/api/journeys/expense"))["versions"] == ["1.0.0"]


async def test_a_draft_may_be_replaced_and_a_published_version_never(admin: Person):
    answer(await load(admin), 201)
    other = DOCUMENT.replace("name: Expense", "name: Expenses")
    assert answer(await load(admin, other), 201)["name"] == "Expenses"
    await admin.post(f"{VERSION}/publish")
    refused(await load(admin), 409, "version_exists")


async def test_a_dry_run_keeps_nothing(admin: Person):
    assert answer(await load(admin, dry_run="true", publish="true"), 200)["status"] == "draft"
    refused(await admin.send("GET", VERSION), 404, "journey_not_found")


async def test_all_findings_of_a_document_come_at_once_and_nothing_is_kept(admin: Person):
    wrong = DOCUMENT.replace("performed_by: boss", "performed_by: chief").replace("kind: milestone", "kind: milestoen")
    findings = refused(await load(admin, wrong), 422, "journey_invalid")["findings"]
    assert len(findings) >= 2
    for finding in findings:
        assert {"code", "severity", "message", "fix", "line", "column", "pointer"} <= set(finding)
    refused(await admin.send("GET", VERSION), 404, "journey_not_found")


async def test_the_text_comes_back_as_it_was_loaded(admin: Person, expense: str):
    response = await admin.send("GET", f"{VERSION}/document")
    assert response.text == DOCUMENT
    assert response.headers["content-type"].startswith("application/yaml")


async def test_a_json_document_is_loaded_too(admin: Person):
    document = {
        "journey": "one-step", "version": "1.0.0", "name": "One step",
        "context": {"type": "object", "properties": {}},
        "roles": {"clerk": {"name": "Clerk"}},
        "atoms": [{"id": "only", "performed_by": "clerk"}],
    }  # fmt: skip
    loaded = await admin.post("/api/journeys", document, 201)
    assert loaded["journey"] == "one-step"
    response = await admin.send("GET", "/api/journeys/one-step/versions/1.0.0/document")
    assert response.headers["content-type"].startswith("application/json")
    assert decode(response.content) == document


async def test_a_versions_graph_has_its_nodes_and_edges(admin: Person, expense: str):
    graph = await admin.get(f"{VERSION}/graph")
    assert [node["id"] for node in graph["nodes"]] == ["enter", "review", "paid"]
    assert graph["nodes"][0]["role"] == "clerk"
    edges = {(edge["source"], edge["target"]): edge for edge in graph["edges"]}
    assert edges["enter", "review"]["rule"] == {">": [{"var": "amount"}, {"var": "limit"}]}
    assert edges["enter", "paid"]["otherwise"] is True


async def test_what_is_not_there_is_not_found(admin: Person, expense: str):
    refused(await admin.send("GET", "/api/journeys/nothing"), 404, "journey_not_found")
    refused(await admin.send("GET", "/api/journeys/expense/versions/9.0.0"), 404, "version_not_found")
    refused(await admin.send("POST", "/api/journeys/expense/versions/9.0.0/publish"), 404, "version_not_found")
    refused(await admin.send("POST", "/api/journeys/nothing/pause"), 404, "journey_not_found")


async def test_a_paused_journey_takes_no_new_starts_until_it_is_unpaused(app: FastAPI, admin: Person, expense: str):
    start = {"journey": "expense", "context": SMALL}
    assert (await admin.post("/api/journeys/expense/pause"))["paused"] is True
    refused(await officer(app).send("POST", "/api/processes", start), 409, "journey_paused")
    assert (await admin.post("/api/journeys/expense/unpause"))["paused"] is False
    await officer(app).post("/api/processes", start, 201)


async def test_a_retired_version_takes_no_new_starts_and_what_runs_goes_on(app: FastAPI, admin: Person, expense: str):
    start = {"journey": "expense", "context": SMALL}
    process = await officer(app).post("/api/processes", start, 201)
    assert (await admin.post(f"{VERSION}/retire"))["status"] == "retired"
    assert (await admin.post(f"{VERSION}/retire"))["status"] == "retired"
    refused(await officer(app).send("POST", "/api/processes", start), 404, "version_not_found")
    task = process["open_tasks"][0]
    await person(app, "u-clerk", ["clerk"]).post(f"/api/tasks/{task}/complete", {"output": {"approved": True}})
    problem = refused(await admin.send("POST", f"{VERSION}/publish"), 409, "invalid_transition")
    assert (problem["from"], problem["to"]) == ("retired", "published")


async def test_a_draft_can_be_neither_retired_nor_started(app: FastAPI, admin: Person):
    answer(await load(admin), 201)
    refused(await admin.send("POST", f"{VERSION}/retire"), 409, "invalid_transition")
    start = {"journey": "expense", "version": "1.0.0", "context": SMALL}
    refused(await officer(app).send("POST", "/api/processes", start), 404, "version_not_found")


async def test_the_latest_release_is_started_and_an_older_one_when_it_is_named(
    app: FastAPI, admin: Person, expense: str
):
    for version in ("1.10.0", "1.9.0", "2.0.0-rc.1"):
        answer(await load(admin, DOCUMENT.replace("version: 1.0.0", f"version: {version}"), publish="true"), 201)
    assert (await admin.get("/api/journeys/expense"))["latest"] == "1.10.0"
    start = {"journey": "expense", "context": SMALL}
    assert (await officer(app).post("/api/processes", start, 201))["version"] == "1.10.0"
    assert (await officer(app).post("/api/processes", {**start, "version": "1.0.0"}, 201))["version"] == "1.0.0"


async def test_journeys_are_listed_by_key_page_by_page(admin: Person):
    for key in ("b", "a", "c"):
        answer(await load(admin, DOCUMENT.replace("journey: expense", f"journey: {key}")), 201)
    first = await admin.get("/api/journeys", limit=2)
    assert [item["journey"] for item in first["items"]] == ["a", "b"]
    second = await admin.get("/api/journeys", limit=2, cursor=first["next_cursor"])
    assert [item["journey"] for item in second["items"]] == ["c"]
    assert second["next_cursor"] is None
    refused(await admin.send("GET", "/api/journeys", cursor="%%%"), 422, "cursor_invalid")


DESIGNERS_ONLY = {
    "/api/journeys": "journey:load",
    f"{VERSION}/publish": "journey:publish",
    f"{VERSION}/retire": "journey:retire",
    "/api/journeys/expense/pause": "journey:pause",
    "/api/journeys/expense/unpause": "journey:pause",
}


async def test_journeys_are_changed_by_designers_only(app: FastAPI, expense: str):
    for role, (path, permission) in itertools.product(("clerk", "officer", "manager"), DESIGNERS_ONLY.items()):
        response = await person(app, "u-1", [role]).send("POST", path, text=DOCUMENT.encode())
        assert refused(response, 403, "permission_denied")["permission"] == permission
    for path in DESIGNERS_ONLY:
        response = await person(app, "u-2", ["designer"]).send("POST", path, text=DOCUMENT.encode())
        assert response.status_code in {200, 409}, response.text


async def test_the_same_load_with_the_same_key_gives_the_first_answer_again(admin: Person):
    async def send(text: str = DOCUMENT) -> httpx.Response:
        return await admin.send("POST", "/api/journeys", text=text.encode(), key="load-1")

    first, second = await send(), await send()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    refused(await send(DOCUMENT + "\n# more"), 409, "idempotency_mismatch")
