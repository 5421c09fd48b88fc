"""What surrounds every request: its correlation id in the log, and what is a failure and what is none."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from api.app import App, create_app
from api.auth import make_token
from api.metrics import Metrics
from api.watch import Watch
from engine.settings import Settings
from tests.api.people import HOUR, SECRET, only_a_door


def scope_of(path: str, *headers: tuple[bytes, bytes], method: str = "POST") -> Scope:
    token = make_token(SECRET, "u-1", ["admin"], HOUR).encode()
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + token), *headers],
    }


async def answered(app: Any, scope: Scope, *messages: Message) -> list[int]:
    """The statuses of the answer to a request whose body comes in these messages."""
    coming, statuses = iter(messages), list[int]()

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses


@pytest.fixture
def app() -> App:
    """An app without an engine."""
    return cast("App", create_app(Settings(jwt_secret=SECRET), engine=only_a_door()))


def names(log: Sequence[Any]) -> list[str]:
    return [line["event"] for line in log]


async def test_what_is_logged_during_a_request_has_its_correlation_id_and_nothing_after_it_does():
    seen: list[dict[str, Any]] = []

    async def operation(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(structlog.contextvars.get_contextvars())

    structlog.contextvars.bind_contextvars(correlation_id="of the one before")
    await answered(Watch(operation, Metrics()), scope_of("/x", (b"x-request-id", b"r-7")))
    assert seen == [{"correlation_id": "r-7"}]
    assert structlog.contextvars.get_contextvars() == {"correlation_id": "of the one before"}
    structlog.contextvars.clear_contextvars()


async def test_a_connection_that_is_lost_before_the_end_of_the_body_is_no_failure(app: App):
    scope = scope_of("/api/processes", (b"content-type", b"application/json"))
    with structlog.testing.capture_logs() as log:
        first = {"type": "http.request", "body": b'{"journey":', "more_body": True}
        statuses = await answered(app, scope, first, {"type": "http.disconnect"})
    assert "request_failed" not in names(log)
    assert statuses == [422]


async def test_an_operation_that_fails_is_logged_and_answered(app: App):
    with structlog.testing.capture_logs() as log:
        statuses = await answered(app, scope_of("/api/tasks/inbox", method="GET"))
    assert (names(log).count("request_failed"), statuses) == (1, [500])


async def test_who_has_no_token_is_refused_before_the_body_is_read(app: App):
    scope = {**scope_of("/api/processes"), "headers": [(b"content-type", b"application/json")]}
    assert await answered(app, scope) == [401]
