"""The OpenAPI document holds: whatever is sent, no answer is a 5xx, and none is other than the document says."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
import uvicorn
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import build_app, create_app
from api.auth import make_token
from api.openapi import describe
from local.servers import Addresses
from tests.api import journeys
from tests.api.conftest import DOCUMENT, settings_on
from tests.api.people import HOUR, SECRET

OPENAPI: Final = schemathesis.openapi.from_dict(describe(build_app()))
OPERATIONS: Final = {one.ok().label: one.ok() for one in OPENAPI.get_all_operations()}
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TEXTS: Final = (DOCUMENT, journeys.LOOKUP, journeys.DEED, journeys.PAUSE, journeys.TRIP, journeys.FAMILY)
STARTED: Final[Mapping[str, dict[str, Any]]] = {
    "expense": {"who": "Kim", "amount": 20},
    "lookup": {"who": "Kim"},
    "deed": {"case": "B-1"},
    "trip": {},
    "family": {},
}
STARTING: Final = {"journey": "expense", "context": STARTED["expense"], "version": "1.0.0", "at": None}
OVERRIDES: Final[Mapping[str, dict[str, Any]]] = {
    "POST /api/journeys": yaml.safe_load(DOCUMENT) | {"journey": "expense-again"},
    "POST /api/processes": STARTING,
    "POST /api/processes/start": STARTING,
    "POST /api/messages": {"name": "deed-recorded", "key": "B-1"},
    "POST /api/work/claim": {"actions": ["score.get"]},
}
"""What random values would never hit."""
KINDS: Final[Mapping[str, str]] = {
    "processes": "process",
    "tasks": "task",
    "work": "task",
    "incidents": "incident",
    "users": "user",
    "roles": "role",
    "teams": "team",
}
"""What the `id` in an address is of."""
PEOPLE: Final = """
roles: {clerk: {name: Clerk}, boss: {name: Boss}}
teams: {desk: {name: Desk, manager: mia}}
users:
  mia: {name: Mia, roles: [boss]}
  ann: {name: Ann, roles: [clerk], teams: [desk], absences: [{from: 2030-01-01, until: 2030-02-01}]}
"""
FEW: Final = (6, 0.25)
MANY: Final = (300, 20.0)
"""Examples of each operation, and the seconds after which no further one is made."""


@dataclass(frozen=True)
class World:
    """A running server, and what there is on it by the name of the parameter that asks for it."""

    url: str
    known: dict[str, list[str]]
    session: requests.Session

    def post(self, path: str, body: Any = None) -> Any:
        response = self.session.post(self.url + path, json=body)
        assert response.ok, response.text
        return response.json()

    def stir(self) -> None:
        """Starts what the operation that comes may suspend, cancel or complete."""
        for journey, context in STARTED.items():
            process = self.post("/api/processes", {"journey": journey, "context": context})
            self.known["process"].append(process["id"])
            self.known["task"] += process["open_tasks"]
            if journey == "expense":
                done = {"output": {"approved": True}}
                self.post(f"/api/tasks/{process['open_tasks'][0]}/complete", done)
                self.known["incident"].append(f"{process['id']}.1")
        self.known["task"].append(self.post("/api/tasks", {"name": "Call", "role": "clerk"})["id"])
        claimed = self.post("/api/work/claim", {"actions": ["score.get"], "limit": 1})
        self.known["task"] += [work["id"] for work in claimed["items"]]

    def values(self, path: str, name: str) -> list[str]:
        """What there is for the parameter `name` of an address."""
        if name == "journey" and path.endswith(("/retire", "/pause", "/unpause")):
            return ["pause"]  # the others are to be started until the end
        if name != "id":
            return self.known.get(name, [])
        kind = KINDS.get(path.split("/")[2], "")
        return (self.known.get(kind, []) * 8)[-8:]  # always as many: Hypothesis wants its choices to stay the same


@pytest.fixture(scope="module")
def world(
    migrated_database: Callable[[], AbstractContextManager[str]], migrated: None, neo4j_server: Addresses
) -> Generator[World]:
    with migrated_database() as url, served(url, neo4j_server) as base, requests.Session() as session:
        token = make_token(SECRET, "u-admin", ["admin", "clerk"], HOUR)
        session.headers["Authorization"] = f"Bearer {token}"
        for text in TEXTS:
            headers = {"Content-Type": "application/yaml"}
            response = session.post(f"{base}/api/journeys?publish=true", data=text.encode(), headers=headers)
            assert response.ok, response.text
        headers = {"Content-Type": "application/yaml"}
        response = session.post(f"{base}/api/people", data=PEOPLE.encode(), headers=headers)
        assert response.ok, response.text
        questions = [item["name"] for item in session.get(f"{base}/api/graph/questions").json()["items"]]
        known = {
            "process": [],
            "task": [],
            "incident": [],
            "atom": ["enter", "review", "flight", "hotel", "recorded"],
            "journey": [*STARTED],
            "version": ["1.0.0"],
            "name": questions,
            "user_id": ["u-admin"],
            "user": ["ann", "mia"],
            "role": ["clerk", "boss"],
            "team": ["desk"],
            "absence": ["1"],
        }
        world = World(base, known, session)
        world.stir()
        yield world


@contextmanager
def served(database: str, neo4j: Addresses) -> Generator[str]:
    """The API with its workers on a port of its own."""
    app = create_app(settings_on(database, neo4j), workers=True)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            httpx.get(f"{base}/health", timeout=30).raise_for_status()
            yield base
        finally:
            server.should_exit = True
            thread.join()


class Enough(BaseException):
    """The time is over. Hypothesis lets pass what is no `Exception`, once an example is drawn to its end."""


def send(world: World, operation: Any, bounds: tuple[int, float], *, derandomize: bool) -> None:
    """Sends examples of an operation, most of them as the document asks for, and checks each answer."""
    examples, seconds = bounds
    until = time.monotonic() + seconds
    fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    sent = itertools.count()

    @settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(fitting if data.draw(st.integers(0, 3)) else wrong)
        for name in case.path_parameters or {}:
            known = world.values(operation.path, name)
            if known and data.draw(st.integers(0, 4)):
                case.path_parameters[name] = data.draw(st.sampled_from(known))
        if isinstance(case.body, dict):
            case.body |= OVERRIDES.get(operation.label, {}) if data.draw(st.integers(0, 2)) else {}
            case.body |= {"wait": "PT0S"} if "wait" in case.body else {}  # nobody waits a minute here
        place = next(sent)
        if place and time.monotonic() > until:
            raise Enough
        if operation.method != "get" and place % 20 == 0:
            world.stir()
        case.call_and_validate(base_url=world.url, session=world.session, checks=CHECKS, timeout=30)

    with suppress(Enough):
        run()


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_answer_is_a_5xx_or_breaks_its_schema(world: World, label: str):
    send(world, OPERATIONS[label], FEW, derandomize=True)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_answer_is_a_5xx_or_breaks_its_schema_however_long_one_looks(world: World, label: str):
    send(world, OPERATIONS[label], MANY, derandomize=False)
