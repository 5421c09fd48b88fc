"""Sensitive fields through everything that runs: whoever reads the databases or the log finds none of them."""

import base64
from collections.abc import AsyncIterator
from typing import Any, Final

import psycopg
import pytest
from fastapi import FastAPI
from neo4j import AsyncGraphDatabase
from psycopg import sql
from pydantic import SecretStr

from api.app import create_app
from engine.bootstrap import open_engine
from engine.core.covering import COVERED
from engine.settings import Settings
from engine.store import KeysMissing
from local.servers import Addresses
from tests.api.conftest import DOCUMENT
from tests.api.people import Person, answer, person, refused
from tests.waiting import until

KEY, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (7, 8))
SECRET: Final = "078-05-"
"""What every secret of these tests begins with; the rest says where it came in."""
MARKER: Final = dict(COVERED)

CHECK: Final = """
journey: check
version: 1.0.0
context:
  type: object
  properties: {number: {type: string, x-sensitive: true}, result: {type: string, x-sensitive: true}, fine: {}}
roles: {clerk: {}}
atoms: [{id: look, performed_by: clerk}]
"""
LOAN: Final = """
journey: loan
version: 1.0.0
title: {var: name}
dimensions: [name, known]
context:
  type: object
  properties:
    name: {type: string}
    ssn: {type: string, x-sensitive: true, minLength: 8}
    copy: {x-sensitive: true}
    known: {type: boolean, x-sensitive: false}
    people: {type: array, items: {type: object, properties: {ssn: {type: string, x-sensitive: true}, name: {}}}}
    answers: {type: array, items: {type: object, properties: {pin: {x-sensitive: true}, name: {}}}}
    said: {type: object, properties: {pin: {x-sensitive: true}}}
    checked: {type: object, properties: {result: {x-sensitive: true}}}
roles: {clerk: {}}
actions: {ask: {input: {type: object, properties: {number: {type: string}}}}}
atoms:
  - id: enter
    performed_by: clerk
    sets: {copy: {cat: ["of ", {var: ssn}]}, known: {"!!": [{var: ssn}]}}
    enables: [{to: pull, rule: {"!=": [{var: ssn}, {var: name}]}}, {to: each, otherwise: true}]
  - {id: pull, kind: system, action: ask, input: {number: {var: ssn}, name: {var: name}}, enables: [each]}
  - id: each
    performed_by: clerk
    for_each: {var: people}
    input: {who: {var: item}}
    saves: answers
    enables: [hear]
  - {id: hear, kind: wait, message: reply, saves: said, enables: [check]}
  - id: check
    kind: subjourney
    calls: check@^1.0
    input: {number: {var: ssn}, fine: {var: name}}
    output: [result, fine]
    saves: checked
    enables: [odd]
  - {id: odd, kind: decision, sets: {copy: {"+": [{var: checked.result}, 1]}}, enables: [last]}
  - {id: last, performed_by: clerk}
"""


@pytest.fixture
def sealing(settings: Settings) -> Settings:
    """Settings with a key."""
    return settings.model_copy(update={"sensitive_keys": SecretStr(KEY)})


@pytest.fixture
async def office(sealing: Settings) -> AsyncIterator[FastAPI]:
    """The app on an engine with workers and a key, the journeys published."""
    async with open_engine(sealing, workers=True) as opened:
        app = create_app(sealing, engine=opened)
        admin = person(app, "u-admin", ["admin"])
        for text in (CHECK, LOAN):
            answer(await admin.send("POST", "/api/journeys", text=text.encode(), publish="true"), 201)
        yield app


class Case:
    """One loan under way; every command has an idempotency key."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self.admin = person(app, "u-admin", ["admin"])
        self.boss = person(app, "u-boss", ["manager"])
        self.clerk = person(app, "u-clerk", ["clerk"])
        self.worker = person(app, "w-1", ["worker"])
        self.url = settings.postgres_url
        self.id = ""

    async def start(self) -> Any:
        people = [{"ssn": f"{SECRET}item{n}", "name": f"Person {n}"} for n in (0, 1)]
        context = {"name": "Ada", "ssn": f"{SECRET}start", "people": people}
        started = await self.admin.post("/api/processes", {"journey": "loan", "context": context}, 201, key="start")
        self.id = started["id"]
        return started

    async def process(self, who: Person | None = None) -> Any:
        return await (who or self.admin).get(f"/api/processes/{self.id}")

    async def task(self, atom: str, place: int = 0) -> Any:
        """The open task of an atom, of this case or a child of it."""

        async def there() -> bool:
            return len(await self._tasks(atom)) > place

        await until(there)
        return (await self._tasks(atom))[place]

    async def _tasks(self, atom: str) -> list[Any]:
        found = (await self.boss.get("/api/tasks", atom=atom, status="pending"))["items"]
        return sorted(found, key=lambda task: task["id"])

    async def complete(self, atom: str, output: dict[str, Any]) -> Any:
        task = (await self.task(atom))["id"]
        await self.clerk.post(f"/api/tasks/{task}/claim", key=f"claim-{task}")
        return await self.clerk.post(f"/api/tasks/{task}/complete", {"output": output}, key=f"done-{task}")

    def leaks(self) -> list[str]:
        """Every table and row that holds a secret as it is: whatever a dump of the database would show."""
        assert self.url is not None
        found: list[str] = []
        with psycopg.connect(self.url.get_secret_value(), autocommit=True) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall()
            assert len(tables) > 30
            for (table,) in tables:
                rows = sql.SQL("SELECT t::text FROM {} AS t WHERE t::text LIKE {}")
                like = sql.Literal(f"%{SECRET}%")
                found += [f"{table}: {row}" for (row,) in connection.execute(rows.format(sql.Identifier(table), like))]
        return found


async def test_the_note_that_acknowledges_a_breach_is_kept_without_what_is_sensitive(sealing: Settings) -> None:
    settings = sealing.model_copy(update={"sandbox": True})
    async with open_engine(settings, workers=True) as opened:
        app = create_app(settings, engine=opened)
        admin = person(app, "u-admin", ["admin"])
        late = CHECK.replace(
            "performed_by: clerk}", "performed_by: clerk, input: {n: {var: number}}, sla: {target: PT1H}}"
        )
        answer(await admin.send("POST", "/api/journeys", text=late.encode(), publish="true"), 201)
        started = {"journey": "check", "context": {"number": f"{SECRET}case", "fine": f"{SECRET}fine"}}
        process = await admin.post("/api/processes", started, 201)
        await admin.post("/api/sandbox/clock", {"advance": "PT2H"})

        async def noted() -> bool:
            return bool((await admin.get("/api/workflow/breaches"))["items"])

        await until(noted)
        path = f"/api/workflow/breaches/{process['open_tasks'][0]}/acknowledge"
        seen = await admin.post(path, {"note": f"{SECRET}case is ill; {SECRET}fine is not."})
        assert seen["acknowledged"]["note"] == f"[sensitive] is ill; {SECRET}fine is not."


async def test_no_secret_is_in_a_database_or_the_log_after_a_run_through_everything(
    office: FastAPI, sealing: Settings, neo4j: Addresses, capsys: pytest.CaptureFixture[str]
) -> None:
    case = Case(office, sealing)
    await case.start()
    task = (await case.task("enter"))["id"]
    draft = {"output": {"note": f"{SECRET}draft"}}
    assert (await case.clerk.send("PUT", f"/api/tasks/{task}/draft", draft, key="draft")).status_code == 200
    assert case.leaks() == []
    short = {"output": {"ssn": "078-05-"}}
    wrong = refused(await case.clerk.send("POST", f"/api/tasks/{task}/complete", short), 422, "output_invalid")
    assert SECRET not in str(wrong)
    await case.complete("enter", {"ssn": f"{SECRET}output"})
    assert case.leaks() == []

    claim = {"actions": ["ask"], "lease": "PT5M", "wait": "PT10S"}
    (work,) = (await case.worker.post("/api/work/claim", claim, key="work"))["items"]
    assert work["input"] == {"number": f"{SECRET}output", "name": "Ada"}, "who does the work sees it"
    await case.worker.post(f"/api/work/{work['id']}/complete", {"output": {}}, key="worked")
    for n in (0, 1):
        assert case.leaks() == []
        await case.complete("each", {"pin": f"{SECRET}answer{n}", "name": f"Person {n}"})

    await case.boss.post(f"/api/processes/{case.id}/suspend", {"reason": "a break"})
    bound = {"name": "reply", "id": "m-1", "body": {"pin": f"{SECRET}bound"}}
    assert (await case.worker.post("/api/messages", bound, key="bound"))["status"] == "bound"
    kept = {"name": "nobody-waits", "id": "m-2", "body": {"pin": f"{SECRET}kept"}}
    assert (await case.worker.post("/api/messages", kept, key="kept"))["status"] == "kept"
    assert case.leaks() == []
    await case.boss.post(f"/api/processes/{case.id}/resume", {"reason": "back"})

    await case.complete("look", {"result": f"{SECRET}result", "fine": "yes"})

    async def stuck() -> bool:
        return bool((await case.process())["incidents"])

    await until(stuck)
    assert case.leaks() == []
    patch = {"patch": {"ssn": f"{SECRET}patch", "checked": {"result": 4}}, "reason": "a number"}
    answer(await case.boss.send("PATCH", f"/api/processes/{case.id}/context", patch, key="patch"))
    (incident,) = (await case.process())["incidents"]
    await case.boss.post(f"/api/incidents/{incident}/retry", {"reason": "mended"}, key="retry")
    await case.complete("last", {})
    assert case.leaks() == []

    found = await case.process()
    assert (found["status"], found["context"]["ssn"], found["context"]["copy"]) == ("completed", f"{SECRET}patch", 5)
    assert [one["pin"] for one in found["context"]["answers"]] == [f"{SECRET}answer0", f"{SECRET}answer1"]
    assert found["context"]["said"] == {"pin": f"{SECRET}bound"}
    assert found["context"]["checked"] == {"result": 4, "fine": "yes"}
    assert await _in_graph(neo4j, case) == []
    log = capsys.readouterr()
    assert "request" in log.out + log.err, "something was logged"
    assert SECRET not in log.out + log.err


async def _in_graph(neo4j: Addresses, case: Case) -> list[Any]:
    """Every node and relationship that holds a secret, once the graph shows the end of the case."""
    auth = (neo4j.neo4j_user, neo4j.neo4j_password)
    async with AsyncGraphDatabase.driver(neo4j.neo4j_uri, auth=auth) as driver:

        async def shown() -> bool:
            asked = "MATCH (p:ProcessInstance {id: $id, status: 'completed', known: true}) RETURN count(p) AS n"
            return (await driver.execute_query(asked, id=case.id)).records[0]["n"] == 1

        await until(shown)
        nodes = (await driver.execute_query("MATCH (n) RETURN properties(n) AS p")).records
        edges = (await driver.execute_query("MATCH ()-[r]->() RETURN properties(r) AS p")).records
    assert any("Ada" in str(row["p"]) for row in nodes)
    return [row["p"] for row in (*nodes, *edges) if SECRET in str(row["p"])]


async def test_only_who_works_on_a_task_or_is_allowed_to_sees_what_is_sensitive(
    office: FastAPI, sealing: Settings
) -> None:
    case = Case(office, sealing)
    started = await case.start()
    assert (started["context"]["ssn"], started["context"]["name"]) == (MARKER, "Ada")
    people = started["context"]["people"]
    assert people == [{"ssn": MARKER, "name": "Person 0"}, {"ssn": MARKER, "name": "Person 1"}]
    assert (await case.process(case.boss))["context"] == started["context"]
    assert (await case.process(case.admin))["context"]["ssn"] == f"{SECRET}start"

    task = await case.task("enter")
    assert task["input"]["ssn"] == MARKER, "a list"
    path = f"/api/tasks/{task['id']}"
    assert (await case.clerk.get(path))["input"]["ssn"] == MARKER, "who could take it"
    assert (await case.clerk.post(f"{path}/claim"))["input"]["ssn"] == f"{SECRET}start"
    assert (await case.clerk.get(path))["input"]["ssn"] == f"{SECRET}start"
    for who in (case.boss, person(office, "u-other", ["clerk"])):
        assert (await who.get(path))["input"]["ssn"] == MARKER
    for item in (await case.clerk.get("/api/tasks/inbox"))["items"]:
        assert SECRET not in str(item)
    answered = await case.clerk.post(f"{path}/complete", {"output": {"ssn": f"{SECRET}new"}})
    assert answered["task"]["output"] == {"ssn": f"{SECRET}new"}

    history = f"/api/processes/{case.id}/history"
    assert SECRET not in str(await case.boss.get(history))
    assert f"{SECRET}new" in str(await case.admin.get(history))
    explained = await case.boss.get(f"/api/processes/{case.id}/explain", atom="pull")
    assert SECRET not in str(explained) and "by sensitive data" in str(explained)
    assert SECRET not in str(await case.admin.get(f"/api/processes/{case.id}/explain", atom="pull"))


async def test_what_stands_for_a_hidden_value_cannot_be_handed_in_nor_searched_for(
    office: FastAPI, sealing: Settings
) -> None:
    case = Case(office, sealing)
    await case.start()
    task = (await case.task("enter"))["id"]
    refused(
        await case.clerk.send("POST", f"/api/tasks/{task}/complete", {"output": {"ssn": MARKER}}),
        *(422, "request_invalid"),
    )
    asked = await case.admin.send("GET", "/api/processes", **{"context.ssn": f"{SECRET}start"})
    assert SECRET not in str(refused(asked, 422, "request_invalid"))
    found = await case.admin.get("/api/processes", **{"context.name": "Ada"})
    assert [one["id"] for one in found["items"]] == [case.id], "what is not sensitive can be searched for as ever"


async def test_another_program_with_the_key_goes_on_and_one_without_does_not_start(
    office: FastAPI, sealing: Settings
) -> None:
    case = Case(office, sealing)
    await case.start()
    both = sealing.model_copy(update={"sensitive_keys": SecretStr(f"{OTHER},{KEY}")})
    async with open_engine(both, workers=False) as engine:
        other = Case(create_app(both, engine=engine), both)
        other.id = case.id
        done = await other.complete("enter", {"ssn": f"{SECRET}rotated"})
        assert done["task"]["input"]["copy"] == f"of {SECRET}rotated"
        again = await other.clerk.post(
            f"/api/tasks/{done['task']['id']}/complete",
            {"output": {"ssn": f"{SECRET}rotated"}},
            key=f"done-{done['task']['id']}",
        )
        assert again == done, "the remembered answer opens, and so does the fingerprint it is compared by"
        assert (await other.process())["context"]["copy"] == f"of {SECRET}rotated"
    for keys in (None, SecretStr(KEY)):
        with pytest.raises(KeysMissing, match="WAYLINE_SENSITIVE_KEYS"):
            async with open_engine(sealing.model_copy(update={"sensitive_keys": keys}), workers=False):
                pass


async def test_without_keys_a_version_with_sensitive_fields_stays_a_draft(app: FastAPI, admin: Person) -> None:
    answer(await admin.send("POST", "/api/journeys", text=CHECK.encode(), publish="false"), 201)
    path = "/api/journeys/check/versions/1.0.0"
    refused(await admin.send("POST", f"{path}/publish"), 409, "sensitive_keys_missing")
    assert (await admin.get(path))["status"] == "draft"
    answer(await admin.send("POST", "/api/journeys", text=DOCUMENT.encode(), publish="true"), 201)


async def test_what_one_process_tells_another_is_sealed_on_its_way(sealing: Settings) -> None:
    text = LOAN[: LOAN.index("atoms:")] + "atoms:\n" + LOAN[LOAN.index("  - id: check") : LOAN.index("  - {id: odd")]
    async with open_engine(sealing, workers=False) as engine:
        app = create_app(sealing, engine=engine)
        case = Case(app, sealing)
        for document in (CHECK, text.replace("enables: [odd]", "may_end: true")):
            answer(await case.admin.send("POST", "/api/journeys", text=document.encode(), publish="true"), 201)
        await case.start()
        assert sealing.postgres_url is not None
        with psycopg.connect(sealing.postgres_url.get_secret_value()) as connection:
            assert [kind for (kind,) in connection.execute("SELECT kind FROM commands")] == ["start"]
        assert case.leaks() == []
