"""The graph of a version is the one of the contract, and publishing again mends it without hurting what runs."""

from engine.core.journey import Routes
from engine.loading import load
from graph import Neo4j
from tests.core.play import Play
from tests.graph.feeding import feed
from tests.graph.loan import loan
from tests.graph.reading import change, rows, states


async def links(opened: Neo4j) -> set[str]:
    """Every relationship of the graph, as `from TYPE to`."""
    found = await rows(
        opened,
        """MATCH (a)-[link]->(b) RETURN labels(a)[0] + ' ' + a.key + ' ' + type(link) + ' ' + b.key AS text""",
    )
    return {row["text"].replace("loan@1.0.0/", "").replace("loan@1.0.0", "*") for row in found}


async def test_the_graph_is_the_one_of_the_contract(opened: Neo4j):
    """The graph: every label and relationship of it."""
    await opened.graph.publish(*loan())
    assert await links(opened) == {
        "Journey loan HAS_VERSION *",
        "JourneyVersion * CONTAINS front",
        "JourneyVersion * CONTAINS back",
        "JourneyVersion * HAS_RULE good",
        "Phase front CONTAINS apply",
        "Phase front CONTAINS checks",
        "Module checks CONTAINS credit",
        "Module checks CONTAINS income",
        "Phase back CONTAINS decide",
        "Phase back CONTAINS funded",
        "Phase back CONTAINS declined",
        "Phase back CONTAINS appraise",
        "Phase back CONTAINS signed",
        "Phase back CONTAINS withdraw",
        "Atom apply ENABLES income",
        "Atom apply ENABLES credit",
        "Atom apply PERFORMED_BY borrower",
        "Atom apply WRITES amount",
        "Atom credit ENABLES decide",
        "Atom income ENABLES decide",
        "Atom income DEPENDS_ON credit",
        "Atom income DEPENDS_ON apply",
        "Atom income PERFORMED_BY processor",
        "Atom income READS amount",
        "Atom income USES payslip",
        "Atom decide ENABLES funded",
        "Atom decide ENABLES declined",
        "Atom decide ENABLES income",
        "Atom decide GOVERNED_BY hud",
        "Atom apply COMPENSATED_BY withdraw",
        "Atom withdraw PERFORMED_BY borrower",
        "Atom income ESCALATES_TO borrower",
        "Role borrower NAMES borrower",
        "Role processor NAMES processor",
        "Atom appraise CALLS appraisal@2.0.1",
        "Atom decide READS score",
        "Rule good READS score",
    }


async def test_relationships_carry_what_the_contract_names(opened: Neo4j):
    await opened.graph.publish(*loan())
    (edge,) = await rows(
        opened,
        "MATCH (:Atom {id: 'decide'})-[e:ENABLES {on: 'done'}]->(:Atom {id: 'funded'}) RETURN properties(e) AS e",
    )
    assert edge["e"] == {
        "position": 0,
        "on": "done",
        "priority": 1,
        "otherwise": False,
        "rework": False,
        "rule_id": "good",
        "rule": '{">=":[{"var":"score"},620.50]}',
    }
    needs = await rows(
        opened,
        "MATCH (:Atom {id: 'income'})-[d:DEPENDS_ON]->(a) RETURN a.id AS id, d.require AS require ORDER BY d.position",
    )
    assert [(row["id"], row["require"]) for row in needs] == [("credit", "completed"), ("apply", "resolved")]
    (performed,) = await rows(opened, "MATCH (:Atom {id: 'apply'})-[p:PERFORMED_BY]->() RETURN p.strategy AS strategy")
    assert performed["strategy"] == "pool"
    (chosen,) = await rows(opened, "MATCH (:Atom {id: 'income'})-[p:PERFORMED_BY]->() RETURN properties(p) AS p")
    assert chosen["p"] == {
        "strategy": "skill_based",
        "skills": ["sums", "law"],
        "levels": [2, 1],
        "not_same_as": ["apply", "withdraw"],
    }


async def test_atoms_carry_what_analysts_ask_for(opened: Neo4j):
    """R7, R11, R13, R14, R16: durations as such, rules as JSON texts."""
    await opened.graph.publish(*loan())
    found = await rows(opened, "MATCH (a:Atom) RETURN a.id AS id, properties(a) AS atom")
    atoms = {row["id"]: row["atom"] for row in found}
    income, credit, signed = atoms["income"], atoms["credit"], atoms["signed"]
    assert income["timeout_after"].iso_format() == "P1M2DT3H"
    assert (income["max_visits"], income["due_at"]) == (3, '{"var":"when"}')
    assert (credit["for_each"], credit["in_order"]) == ('{"var":"bureaus"}', True)
    assert (credit["done_when"], credit["done_count"]) == ("count", 2)
    assert (signed["message"], signed["correlate"]) == ("signed", '{"var":"deed"}')
    assert {id for id, atom in atoms.items() if atom["compensation"]} == {"withdraw"}
    back = await rows(opened, "MATCH (:Atom {id: 'decide'})-[e:ENABLES {rework: true}]->(a) RETURN a.id AS id")
    assert back == [{"id": "income"}]


async def test_an_atom_ranks_after_all_that_it_waits_for(opened: Neo4j):
    await opened.graph.publish(*loan())
    wrong = await rows(
        opened,
        """MATCH (a:Atom)-[e:ENABLES]->(b:Atom) WHERE NOT e.rework AND a.rank >= b.rank RETURN a.id AS id
        UNION ALL MATCH (a:Atom)-[:DEPENDS_ON]->(b:Atom) WHERE a.rank <= b.rank RETURN a.id AS id""",
    )
    assert wrong == []


async def test_publishing_again_mends_a_graph_that_was_changed_by_hand(opened: Neo4j):
    """One direction for data: a difference is an incident for operators and a republish."""
    definition, routes = loan()
    await opened.graph.publish(definition, routes)
    whole = await links(opened)
    await change(opened, "MATCH (:Atom {id: 'credit'})-[e:ENABLES]->() DELETE e")
    await change(opened, "MATCH (a:Atom {id: 'apply'}), (r:Role) CREATE (a)-[:ESCALATES_TO]->(r)")
    await change(opened, "MATCH (:Role)-[e:NAMES]->() DELETE e")
    await change(opened, "MATCH (a:Atom {id: 'decide'})-[e:ENABLES]->() SET e.rule = 'true', a.join_count = 1")
    await change(
        opened, "MATCH (a:Atom {id: 'apply'}), (b:Atom {id: 'funded'}) CREATE (a)-[:ENABLES {position: 9}]->(b)"
    )
    assert await opened.graph.routes("loan", "1.0.0") != routes
    assert await opened.graph.publish(definition, routes) == routes
    assert await links(opened) == whole


async def test_publishing_again_leaves_status_and_running_steps_where_they_are(opened: Neo4j):
    play = Play("[{id: a, performed_by: clerk}]").start()
    routes = Routes(tuple(play.journey.routes.values()))
    await opened.graph.publish(play.journey.definition, routes)
    await opened.graph.set_status("example", "1.0.0", "published")
    await feed(opened, play.events)
    await opened.graph.publish(play.journey.definition, routes)
    assert await states(opened, "p1") == {"a": ("active", None)}
    (version,) = await rows(opened, "MATCH (v:JourneyVersion)<-[:RUNS]-() RETURN v.status AS status")
    assert version["status"] == "published"


async def test_withdrawing_leaves_nothing_of_the_version(opened: Neo4j):
    await opened.graph.publish(*loan("1.0.0"))
    await opened.graph.publish(*loan("2.0.0"))
    await opened.graph.withdraw("loan", "1.0.0")
    assert await rows(opened, "MATCH (n) WHERE n.key STARTS WITH 'loan@1.0.0' RETURN n.key AS key") == []
    assert await rows(opened, "MATCH (j:Journey)-[:HAS_VERSION]->(v) RETURN v.version AS version") == [
        {"version": "2.0.0"}
    ]
    await opened.graph.withdraw("loan", "2.0.0")
    assert await rows(opened, "MATCH (n:Journey|Atom|Role|Field) RETURN n") == []


async def test_a_version_without_phases_contains_its_atoms_itself(opened: Neo4j):
    play = Play("[{id: a, performed_by: clerk}]")
    await opened.graph.publish(play.journey.definition, Routes(tuple(play.journey.routes.values())))
    found = await rows(opened, "MATCH (:JourneyVersion)-[:CONTAINS]->(a:Atom) RETURN a.id AS id")
    assert found == [{"id": "a"}]


async def test_what_has_a_service_level_shows_its_target(opened: Neo4j):
    loaded = load("""
journey: timed
version: 1.0.0
roles: {clerk: {}}
sla: {target: P1M}
phases:
  - id: front
    sla: {target: {working: P5D, calendar: office}}
    modules:
      - id: desk
        sla: {target: P2D}
        atoms:
          - {id: ask, performed_by: clerk, sla: {target: {working: PT4H, calendar: office}}, enables: [sign]}
          - {id: sign, performed_by: clerk}
""")
    assert loaded.definition and loaded.routes, loaded.findings
    assert await opened.graph.publish(loaded.definition, loaded.routes) == loaded.routes
    found = await rows(
        opened,
        """MATCH (n:JourneyVersion|Phase|Module|Atom WHERE n.key STARTS WITH 'timed@')
        RETURN coalesce(n.id, n.journey) AS id, toString(n.sla_target) AS target, n.sla_target_working AS working""",
    )
    assert {row["id"]: (row["target"], row["working"]) for row in found} == {
        "timed": ("P1M", None),
        "front": (None, "P5D office"),
        "desk": ("P2D", None),
        "ask": (None, "PT4H office"),
        "sign": (None, None),
    }
