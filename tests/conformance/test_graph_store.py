"""How every `GraphStore` behaves: the fake the services are tested with, and Neo4j."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import Unavailable
from engine.core.journey import Edge, Route, Routes, Wanted
from engine.core.routes import digest
from engine.ports import GraphStore
from engine.statements import questions
from graph import Neo4j
from local.servers import Addresses
from tests.fakes.graph import FakeGraph
from tests.graph.loan import loan
from tests.model.bridge import journeys_of
from tests.model.generate import Generator


def performed(routes: list[Route], seed: int) -> Routes:
    """The routes with everything that may be said of who performs an atom, some of it said of each."""
    draw = Random(seed)
    human = [route.atom for route in routes if route.role is not None]

    def said(route: Route) -> Route:
        others = [atom for atom in human if atom != route.atom]
        return replace(
            route,
            strategy=draw.choice(("pool", "round_robin", "load_balanced", "skill_based", "manual")),
            skills=tuple(Wanted(f"s{n}", draw.randint(1, 100)) for n in range(draw.randint(0, 3))),
            not_same_as=tuple(draw.sample(others, draw.randint(0, min(3, len(others))))),
            same_as=draw.choice([None, *others]),
            escalates_to=draw.choice([None, route.role]),
        )

    return Routes(tuple(said(route) if route.role is not None else route for route in routes))


@pytest.fixture(params=["fake", "neo4j"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[GraphStore]:
    if request.param == "fake":
        yield FakeGraph()
        return
    neo4j: Addresses = request.getfixturevalue("neo4j")
    async with Neo4j.open(neo4j.neo4j_uri, (neo4j.neo4j_user, neo4j.neo4j_password)) as opened:
        await opened.migrate()
        yield opened.graph


@pytest.fixture(params=["fake", "neo4j"])
async def store_away(request: pytest.FixtureRequest) -> AsyncIterator[GraphStore]:
    if request.param == "fake":
        fake = FakeGraph()
        fake.away = True
        yield fake
        return
    # Port 1 of the own machine: nobody listens there.
    async with Neo4j.open("bolt://127.0.0.1:1", ("neo4j", "none")) as opened:
        yield opened.graph


async def test_a_version_gives_back_the_routes_it_was_published_with(store: GraphStore):
    definition, routes = loan()
    assert await store.publish(definition, routes) == routes
    assert await store.routes("loan", "1.0.0") == routes


async def test_a_version_that_is_only_called_has_no_routes(store: GraphStore):
    """R15: what calls may be published anew before what it calls."""
    definition, routes = loan()
    await store.publish(definition, routes)
    assert await store.routes("appraisal", "2.0.1") is None


async def test_a_version_that_was_never_published_has_no_routes(store: GraphStore):
    assert await store.routes("loan", "1.0.0") is None


async def test_publishing_the_same_again_changes_nothing(store: GraphStore):
    definition, routes = loan()
    await store.publish(definition, routes)
    assert await store.publish(definition, routes) == routes
    assert await store.routes("loan", "1.0.0") == routes


async def test_publishing_another_content_takes_the_place_of_what_a_crash_left(store: GraphStore):
    await store.publish(*loan())
    definition, routes = loan()
    fewer = replace(definition, atoms=definition.atoms[:2])
    first = replace(routes.routes[0], enables=(Edge("apply", "credit", 0),), compensated_by=None)
    shorter = Routes((first, Route("credit")))
    assert await store.publish(fewer, shorter) == shorter
    assert await store.routes("loan", "1.0.0") == shorter


async def test_versions_of_one_journey_do_not_touch_each_other(store: GraphStore):
    _, routes = loan()
    await store.publish(*loan("1.0.0"))
    await store.publish(*loan("1.0.0-rc.1"))
    await store.withdraw("loan", "1.0.0")
    assert await store.routes("loan", "1.0.0") is None
    assert await store.routes("loan", "1.0.0-rc.1") == routes


async def test_withdrawing_and_setting_the_status_of_an_unknown_version_do_nothing(store: GraphStore):
    await store.withdraw("loan", "9.9.9")
    await store.set_status("loan", "9.9.9", "published")
    assert await store.routes("loan", "9.9.9") is None


@pytest.mark.parametrize(
    "logic",
    [
        {"<": [{"var": "x"}, Decimal("0.10")]},
        {"==": [{"var": "x"}, Decimal("1E+300")]},
        {"==": [{"var": "x"}, 10**33]},
        {"in": [{"var": "name"}, ["Žofie", '"', "\\", "\u2028", ""]]},
        {"b": 1, "a": 2},
        [],
        False,
        None,
        "",
    ],
)
async def test_rules_come_back_with_every_digit_and_in_their_order(store: GraphStore, logic: Any):
    """Rules (JSONLogic): numbers are exact decimals; a rule that is `null` is a rule all the same."""
    definition, _ = loan()
    atoms = definition.atoms[:2]
    routes = Routes((Route("apply", enables=(Edge("apply", "credit", 0, logic=logic, ruled=True),)), Route("credit")))
    found = await store.publish(replace(definition, atoms=atoms), routes)
    edge = found.routes[0].enables[0]
    assert found == routes
    assert repr(edge.logic) == repr(logic)
    assert edge.ruled


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
async def test_every_version_comes_back_as_it_was(store: GraphStore, seed: int):
    """The routes that Cypher traverses have the digest of those that were published."""
    for journey in journeys_of(Generator(seed).journeys()).values():
        routes, key, version = (
            performed([*journey.routes.values()], seed),
            journey.definition.key,
            journey.definition.version,
        )
        assert key is not None
        assert version is not None
        assert await store.publish(journey.definition, routes) == routes
        found = await store.routes(key, version)
        assert found is not None
        assert digest(found) == digest(routes)


async def test_a_question_to_an_empty_graph_has_no_rows_and_no_time(store: GraphStore):
    answer = await store.ask(questions()["stuck"], {})
    assert answer.rows == ()
    assert answer.as_of is None


async def test_a_store_that_is_there_answers_a_ping(store: GraphStore):
    await store.ping()


async def test_everything_is_unavailable_while_the_store_is_away(store_away: GraphStore):
    for call in (
        store_away.ping(),
        store_away.publish(*loan()),
        store_away.routes("loan", "1.0.0"),
        store_away.withdraw("loan", "1.0.0"),
        store_away.set_status("loan", "1.0.0", "published"),
        store_away.ask(questions()["stuck"], {}),
    ):
        with pytest.raises(Unavailable) as caught:
            await call
        assert caught.value.details["retry_after"] > 0
