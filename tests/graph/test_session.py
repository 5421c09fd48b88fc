"""Neo4j that is away, slow or locked is told as `unavailable`, soon; a reader never writes."""

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from neo4j.exceptions import ClientError, Neo4jError

from engine.clock import monotonic
from engine.core.errors import Unavailable
from engine.statements import Column, Question
from graph import Neo4j
from graph.session import Session
from local.servers import Addresses


def question(text: str) -> Question:
    return Question("made-here", "?", (), (Column("n", "a number"),), text)  # type: ignore[arg-type]


async def test_a_refused_connection_is_told_within_seconds():
    async with Neo4j.open("bolt://127.0.0.1:1", ("neo4j", "none")) as away:
        began = monotonic()
        with pytest.raises(Unavailable) as caught:
            await away.graph.routes("loan", "1.0.0")
        assert monotonic() - began < 5
    assert caught.value.details == {"retry_after": 2, "part": "neo4j"}


async def test_a_server_that_never_answers_is_told_within_seconds():
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone.append(writer)

    gone: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Neo4j.open(f"bolt://127.0.0.1:{port}", None, connect_timeout=0.2, query_timeout=0.2) as away:
        with pytest.raises(Unavailable):
            await away.graph.ping()
        with pytest.raises(Unavailable):
            await away.graph.routes("loan", "1.0.0")
        for writer in gone:
            writer.close()


async def test_a_wrong_password_is_unavailable_and_says_so(neo4j: Addresses):
    async with Neo4j.open(neo4j.neo4j_uri, (neo4j.neo4j_user, "not the password")) as locked:
        with pytest.raises(Unavailable, match="password"):
            await locked.graph.ping()


async def test_a_login_that_was_refused_too_often_is_unavailable_until_neo4j_takes_one_again():
    """A server that is starting refuses every login, and soon all that follow: a worker must outlive that."""
    refusal = Neo4jError._hydrate_neo4j(  # as the driver makes it of what the server says
        code="Neo.ClientError.Security.AuthenticationRateLimit", message="too many times in a row"
    )
    driver: Any = SimpleNamespace(session=Mock(side_effect=refusal))
    session = Session(driver, "neo4j", connect_timeout=1, query_timeout=1)
    with pytest.raises(Unavailable, match="too often"):
        await session.run("RETURN 1")


async def test_a_question_cannot_write(opened: Neo4j):
    with pytest.raises(ClientError, match=r"(?i)writ|access mode"):
        await opened.graph.ask(question("CREATE (x:Intruder) RETURN 1 AS n"), {})


async def test_a_question_that_takes_too_long_is_ended(neo4j: Addresses):
    endless = (
        "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b UNWIND range(1, 100000) AS c RETURN sum(a) AS n"
    )
    async with Neo4j.open(neo4j.neo4j_uri, (neo4j.neo4j_user, neo4j.neo4j_password), query_timeout=0.3) as opened:
        with pytest.raises(Unavailable, match="in time"):
            await opened.graph.ask(question(endless), {})
        await opened.graph.ping()
