"""The organisation in the graph: all of it, nothing private, written as what differs, and never half for long."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neo4j import AsyncManagedTransaction

from engine.core.journey import Routes
from engine.core.organisation import Organisation, Skill, Team, User
from engine.ports import Edition
from graph import Neo4j
from graph.organisation import OrganisationGraph
from tests.core.play import NOON, Play
from tests.graph.feeding import feed
from tests.graph.loan import loan
from tests.graph.reading import change, rows
from tests.graph.staff import away, bring, organisation, person, shown, wanted


@pytest.fixture
def staff() -> Organisation:
    """A chief with a team of two, one of whom is away and has a substitute for one of two roles."""
    return organisation(
        person("ann", "chief", email="ann@mail.test", capacity=5),
        person("bob", "clerk", "teller", teams=frozenset({"north"}), reports_to="ann", absences=(BOB_AWAY,)),
        person(
            "cid", "clerk", teams=frozenset({"north"}), skills={"law": 2, "sums": 1}, until=NOON.date(), active=False
        ),
        teams=[Team("north", "North", "ann"), Team("south", "South")],
    )


class Killed(Exception):
    """In the place of a kill."""


BOB_AWAY = away(1, 2, "clerk", substitute="cid")


async def test_one_path_leads_from_an_atom_to_who_holds_its_role(opened: Neo4j):
    """The graph: the role of a version names a role of the organisation, whichever of the two came first."""
    await opened.graph.publish(*loan("1.0.0"))
    await bring(opened, organisation(person("ann", "processor"), person("bob", "borrower")))
    await opened.graph.publish(*loan("2.0.0"))
    found = await rows(
        opened,
        """MATCH (atom:Atom {id: 'income'})-[:PERFORMED_BY]->(:Role)-[:NAMES]->(:OrganisationRole)<-[:HOLDS]-(user:User)
        RETURN atom.key AS atom, user.id AS user ORDER BY atom""",
    )
    assert [(row["atom"], row["user"]) for row in found] == [("loan@1.0.0/income", "ann"), ("loan@2.0.0/income", "ann")]
    held = await rows(opened, "MATCH (:User)-[:HOLDS]->(role:Role) RETURN role.id AS id ORDER BY id")
    assert [row["id"] for row in held] == ["borrower", "processor"]


async def test_versions_from_before_there_was_an_organisation_are_joined_to_it(opened: Neo4j):
    await opened.graph.publish(*loan())
    await change(opened, "MATCH (role:OrganisationRole) DETACH DELETE role")
    await change(opened, "MATCH (m:Migration {version: 3}) DELETE m")
    assert await opened.migrate() == 1
    found = await rows(
        opened, "MATCH (a:Role)-[:NAMES]->(b:OrganisationRole:Role {key: a.id}) RETURN a.id AS id ORDER BY id"
    )
    assert [row["id"] for row in found] == ["borrower", "processor"]


async def test_the_graph_shows_all_that_questions_need_of_the_organisation(opened: Neo4j, staff: Organisation):
    await bring(opened, staff)
    assert await shown(opened) == wanted(staff)
    assert await opened.organisation.edition() == Edition("one", 1)


async def test_no_email_and_no_reason_of_an_absence_is_in_the_graph(opened: Neo4j, staff: Organisation):
    await bring(opened, staff)
    texts = await rows(
        opened,
        """MATCH (n) UNWIND keys(n) AS name
        RETURN name + ': ' + coalesce(toStringOrNull(n[name]), '') AS text
        UNION ALL MATCH ()-[n]->() UNWIND keys(n) AS name
        RETURN name + ': ' + coalesce(toStringOrNull(n[name]), '') AS text""",
    )
    assert len(texts) > 20
    assert not [row["text"] for row in texts if "mail" in row["text"] or "reason" in row["text"]]


async def test_only_what_differs_is_written(opened: Neo4j, staff: Organisation, monkeypatch: pytest.MonkeyPatch):
    await bring(opened, staff)
    written: list[str] = []
    run = AsyncManagedTransaction.run

    async def noted(self: AsyncManagedTransaction, query: Any, *args: Any, **given: Any) -> Any:
        written.extend(row["id"] for row in given.get("net", {}).get("rows", ()))
        return await run(self, query, *args, **given)

    monkeypatch.setattr(AsyncManagedTransaction, "run", noted)
    await bring(opened, replace(staff, version=2))
    assert written == []
    moved = replace(staff.users["cid"], teams=frozenset({"south"}), absences=(BOB_AWAY,))
    later = Organisation.of(
        3, [*(staff.users | {"cid": moved}).values()], staff.roles.values(), [Team("south", "Deep south", "cid")]
    )
    later = replace(later, users={**later.users, "bob": replace(staff.users["bob"], teams=frozenset())})
    await bring(opened, later)
    assert written == ["south", "bob", "cid", "north"]
    assert await shown(opened) == wanted(later)


async def test_many_people_are_few_statements(opened: Neo4j, monkeypatch: pytest.MonkeyPatch):
    many = organisation(*(person(f"u{n}", "clerk", skills={"law": 1}) for n in range(2500)))
    sent: list[str] = []
    run = AsyncManagedTransaction.run

    async def noted(self: AsyncManagedTransaction, query: Any, *args: Any, **given: Any) -> Any:
        sent.append(query)
        return await run(self, query, *args, **given)

    monkeypatch.setattr(AsyncManagedTransaction, "run", noted)
    await bring(opened, many)
    assert len(sent) < 20
    (found,) = await rows(opened, "MATCH (:User)-[:HOLDS]->(:Role {id: 'clerk'}) RETURN count(*) AS held")
    assert found["held"] == 2500


async def test_who_left_is_nobody_any_more_but_stays_as_who_performed(opened: Neo4j, staff: Organisation):
    await opened.graph.publish(*_published())
    play = Play("[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]").start()
    play.done("a")
    await feed(opened, play.events)
    await bring(opened, organisation(person("ada", "clerk", reports_to="olga"), person("olga", "chief")))
    gone = organisation(person("olga", "chief"), version=2)
    await bring(opened, gone)
    found = await rows(opened, "MATCH (u:User {id: 'ada'}) RETURN properties(u) AS u, COUNT { (u)--() } AS links")
    assert found == [{"u": {"id": "ada"}, "links": 1}]
    assert await rows(opened, "MATCH (:User {id: 'ada'})-[:PERFORMED]->(s:Step) RETURN s.atom AS atom") == [
        {"atom": "a"}
    ]


async def test_a_role_that_is_gone_stays_while_a_version_names_it(opened: Neo4j):
    await opened.graph.publish(*loan())
    await bring(opened, organisation(person("ann", "borrower", "teller")))
    await bring(opened, Organisation.of(2, [], [], []))
    left = await rows(opened, "MATCH (role:OrganisationRole) RETURN properties(role) AS role ORDER BY role.id")
    assert [row["role"] for row in left] == [{"id": id, "key": id} for id in ("borrower", "processor")]
    assert await rows(opened, "MATCH (n:Team|Skill) RETURN n") == []


async def test_removing_the_live_execution_leaves_the_organisation(opened: Neo4j, staff: Organisation):
    """A rebuild removes and makes again what events tell; who there is, is none of it."""
    await opened.graph.publish(*_published())
    play = Play("[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]").start()
    play.done("a")
    await feed(opened, play.events)
    await bring(opened, staff)
    await opened.projection.clear()
    assert await shown(opened) == wanted(staff)  # nobody knows ada, who performed `a`
    await feed(opened, play.events)
    assert await rows(opened, "MATCH (u:User)-[:PERFORMED]->(:Step) RETURN u.id AS id") == [{"id": "ada"}]


async def test_what_a_kill_left_half_done_is_finished_by_whoever_comes_next(
    opened: Neo4j, staff: Organisation, monkeypatch: pytest.MonkeyPatch
):
    run = AsyncManagedTransaction.run

    async def killed(self: AsyncManagedTransaction, query: Any, *args: Any, **given: Any) -> Any:
        if "MEMBER_OF" in query:
            raise Killed
        return await run(self, query, *args, **given)

    with monkeypatch.context() as patched:
        patched.setattr(AsyncManagedTransaction, "run", killed)
        with pytest.raises(Killed):
            await OrganisationGraph(opened.session).bring(staff, Edition("one", 1))
    assert await opened.organisation.edition() is None
    assert not await opened.organisation.bring(staff, Edition("one", 1)), "the dead one has it for some seconds yet"
    await change(opened, "MATCH (c:Checkpoint) SET c.held_until = timestamp() - 1")
    await bring(opened, staff)
    assert await shown(opened) == wanted(staff)


async def test_who_lost_the_organisation_to_another_writes_nothing_more(
    opened: Neo4j, staff: Organisation, monkeypatch: pytest.MonkeyPatch
):
    run = AsyncManagedTransaction.run

    async def robbed(self: AsyncManagedTransaction, query: Any, *args: Any, **given: Any) -> Any:
        if "MERGE (team:Team" in query:
            await run(self, "MATCH (c:Checkpoint) SET c.holder = 'another'")
        return await run(self, query, *args, **given)

    monkeypatch.setattr(AsyncManagedTransaction, "run", robbed)
    assert not await opened.organisation.bring(staff, Edition("one", 1))
    assert await rows(opened, "MATCH (u:User) WHERE u.active IS NOT NULL RETURN u") == []


async def test_of_several_at_once_one_brings_it(opened: Neo4j, staff: Organisation):
    brought = await asyncio.gather(*(opened.organisation.bring(staff, Edition("one", 1)) for _ in range(4)))
    assert any(brought)
    assert await shown(opened) == wanted(staff)


async def test_an_older_edition_does_not_take_the_place_of_a_newer_unless_the_database_is_another(
    opened: Neo4j, staff: Organisation
):
    await bring(opened, replace(staff, version=7))
    fewer = organisation(person("ann", "chief"), version=6)
    assert not await opened.organisation.bring(fewer, Edition("one", 6))
    assert await shown(opened) == wanted(staff)
    await bring(opened, fewer, epoch="two")
    assert await shown(opened) == wanted(fewer)


async def test_what_was_changed_by_hand_is_mended_when_everything_is_written_anew(opened: Neo4j, staff: Organisation):
    await bring(opened, staff)
    await change(opened, "MATCH (:User {id: 'bob'})-[held:HOLDS]->() DELETE held")
    await change(
        opened, "MATCH (u:User {id: 'bob'}), (r:Role {id: 'chief'}) CREATE (u)-[:HOLDS]->(r) SET u.active = false"
    )
    await bring(opened, staff)
    assert await shown(opened) != wanted(staff)
    assert await opened.organisation.bring(staff, Edition("one", 1), anew=True)
    assert await shown(opened) == wanted(staff)


IDS = ("ann", "bob", "cid", "dan")
NAMES = st.frozensets(st.sampled_from(("clerk", "chief", "teller")))


@st.composite
def users(draw: st.DrawFn) -> list[User]:
    found: list[User] = []
    for place, id in enumerate(draw(st.lists(st.sampled_from(IDS), unique=True))):
        before = [user.id for user in found]
        absent = draw(st.lists(st.tuples(st.integers(-2, 4), NAMES), max_size=2))
        stand_in = draw(st.sampled_from([None, *before]))
        skills = draw(st.dictionaries(st.sampled_from(("law", "sums")), st.integers(1, 3)))
        found.append(
            replace(
                person(id, *draw(NAMES), active=draw(st.booleans()), capacity=draw(st.sampled_from((None, 3)))),
                name=draw(st.sampled_from(("One", "Other"))),
                teams=draw(st.frozensets(st.sampled_from(("north", "south")))),
                reports_to=draw(st.sampled_from([None, *before])),
                skills=tuple(
                    Skill(name, level, draw(st.sampled_from((None, NOON.date())))) for name, level in skills.items()
                ),
                absences=tuple(
                    away(first, 1, *roles, substitute=stand_in, id=10 * place + number)
                    for number, (first, roles) in enumerate(absent)
                ),
            )
        )
    return found


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(users(), min_size=2, max_size=4), managers=st.lists(st.sampled_from(IDS), min_size=4, max_size=4))
async def test_whatever_the_graph_showed_before_it_shows_the_present_edition(
    opened: Neo4j, steps: list[list[User]], managers: list[str]
):
    epoch = f"{id(steps)}"
    for version, (some, manager) in enumerate(zip(steps, managers, strict=False), start=1):
        known = {user.id for user in some}
        teams = [Team("north", f"North {version}", manager if manager in known else None), Team("south", "South")]
        staff = organisation(*some, teams=teams, version=version)
        await bring(opened, staff, epoch)
        assert await shown(opened) == wanted(staff)


def _published() -> tuple[Any, Routes]:
    journey = Play("[{id: a, performed_by: clerk, enables: [b]}, {id: b, performed_by: clerk}]").journey
    return journey.definition, Routes(tuple(journey.routes.values()))


async def test_who_wrote_the_edition_that_is_there_compares_nothing_but_others_do(
    opened: Neo4j, staff: Organisation, monkeypatch: pytest.MonkeyPatch
):
    """A change of one person costs no reading of the others; what another process wrote meanwhile does."""
    read: list[str] = []
    run = AsyncManagedTransaction.run

    async def noted(self: AsyncManagedTransaction, query: Any, *args: Any, **given: Any) -> Any:
        if "AS fingerprint" in query:
            read.append(query)
        return await run(self, query, *args, **given)

    await bring(opened, staff)
    other = OrganisationGraph(opened.session)
    monkeypatch.setattr(AsyncManagedTransaction, "run", noted)
    for version, graph, reads in (
        (2, opened.organisation, 0),
        (3, other, 3),
        (4, other, 3),
        (5, opened.organisation, 6),
    ):
        changed = replace(staff.users["cid"], name=f"Cid {version}")
        staff = replace(staff, users={**staff.users, "cid": changed}, version=version)
        assert await graph.bring(staff, Edition("one", version))
        assert len(read) == reads
        assert await shown(opened) == wanted(staff)


async def test_what_was_left_half_done_is_compared_though_this_process_wrote_what_was_there(
    opened: Neo4j, staff: Organisation, monkeypatch: pytest.MonkeyPatch
):
    await bring(opened, staff)
    run = AsyncManagedTransaction.run

    async def killed(self: AsyncManagedTransaction, query: Any, *args: Any, **given: Any) -> Any:
        if "AND NOT EXISTS { (user)--() }" in query:
            raise Killed
        return await run(self, query, *args, **given)

    fewer = organisation(person("ann", "chief"), version=2)
    with monkeypatch.context() as patched:
        patched.setattr(AsyncManagedTransaction, "run", killed)
        with pytest.raises(Killed):
            await OrganisationGraph(opened.session).bring(fewer, Edition("one", 2))
    await change(opened, "MATCH (c:Checkpoint) SET c.held_until = timestamp() - 1")
    assert await opened.organisation.bring(replace(staff, version=3), Edition("one", 3))
    assert await shown(opened) == wanted(staff)
