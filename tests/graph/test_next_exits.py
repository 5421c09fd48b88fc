"""What starts next, for each kind of exit; that `decide` says the same is in `test_next_atoms`."""

from engine.statements import questions
from graph import Neo4j
from tests.core.stage import Stage
from tests.graph.feeding import feed
from tests.graph.runs import publish

NEXT_ATOMS = questions()["next_atoms"]
EXITS = """
- id: a
  performed_by: clerk
  timeout: {after: PT1H}
  enables: [b, {to: c, on: error}, {to: d, on: timeout}, {to: c, on: timeout}]
- {id: b, performed_by: clerk}
- {id: c, performed_by: clerk}
- {id: d, performed_by: clerk, enables: [{to: a, rework: true}], may_end: true}
"""


async def shown(opened: Neo4j, stage: Stage) -> Stage:
    """The graph of all that happened."""
    await publish(opened, stage.world)
    checkpoint = await opened.projection.checkpoint()
    await feed(opened, stage.world.events[checkpoint.id if checkpoint else 0 :])
    return stage


async def next_of(opened: Neo4j, atom: str, *taken: str, exit: str = "done") -> dict[str, str]:
    """What becomes of which atom of `p1`."""
    answer = await opened.graph.ask(NEXT_ATOMS, {"process": "p1", "atom": atom, "exit": exit, "taken": list(taken)})
    return {row["atom"]: row["becomes"] for row in answer.rows}


async def test_each_exit_has_edges_of_its_own(opened: Neo4j):
    """R2, R5."""
    await shown(opened, Stage(EXITS).start())
    assert await next_of(opened, "a", "b") == {"b": "active", "c": "skipped", "d": "skipped"}
    assert await next_of(opened, "a", "c", exit="error") == {"b": "skipped", "c": "active", "d": "skipped"}
    assert await next_of(opened, "a", "d", exit="timeout") == {"b": "skipped", "c": "skipped", "d": "active"}


async def test_a_skip_by_hand_may_take_edges_of_any_exit(opened: Neo4j):
    """R18."""
    await shown(opened, Stage(EXITS).start())
    assert await next_of(opened, "a", "b", "d", exit="skipped") == {"b": "active", "c": "skipped", "d": "active"}


async def test_a_rework_edge_starts_the_atom_it_leads_back_to_and_nothing_behind_it(opened: Neo4j):
    """R7."""
    stage = await shown(opened, Stage(EXITS).start().later("PT1H"))
    assert stage.states == {"a": "failed", "b": "skipped", "c": "active", "d": "active"}
    assert await next_of(opened, "d", "a") == {"a": "active"}


async def test_a_member_waits_for_an_edge_from_a_member_though_a_kept_one_would_do(opened: Neo4j):
    """R7: it waits until one from a member is taken or all of them are resolved, then R3 is applied over all."""
    stage = (
        Stage("""
        - {id: first, entry: true, performed_by: clerk, enables: [other]}
        - {id: other, performed_by: clerk, enables: [both]}
        - {id: again, entry: true, performed_by: clerk, enables: [both]}
        - {id: both, join: any, performed_by: clerk}
        """)
        .start()
        .done("first")
        .repeat("again")
    )
    await shown(opened, stage)
    assert await next_of(opened, "other", "both") == {}
    assert await next_of(opened, "again", "both") == {"both": "active"}
    stage.skip("again").done("other")
    assert stage.process.steps["both"].state == "active"


async def test_a_step_that_is_held_after_its_exit_lets_start_what_depends_on_it(opened: Neo4j):
    """R4: a step that has exited and is held counts as completed."""
    stage = Stage("""
        - id: a
          entry: true
          performed_by: clerk
          enables: [{to: b, rule: {"==": [{var: text}, "x"]}}, {to: b2, otherwise: true}]
        - {id: b, performed_by: clerk}
        - {id: b2, performed_by: clerk}
        - {id: c, entry: true, performed_by: clerk, depends_on: [a]}
        """).start()
    await shown(opened, stage)
    answer = await opened.graph.ask(NEXT_ATOMS, {"process": "p1", "atom": "a"})
    assert {row["atom"]: row["becomes"] for row in answer.rows} == {"c": "active"}
    await shown(opened, stage.done("a"))
    assert stage.process.steps["c"].state == "active"
    assert await next_of(opened, "a", "b") == {"b": "active", "b2": "skipped"}


async def test_compensations_never_start_by_an_exit(opened: Neo4j):
    """R13: they take no part in R1 to R8."""
    stage = Stage("""
        - {id: a, performed_by: clerk, compensated_by: undo, enables: [b]}
        - {id: b, performed_by: clerk}
        - {id: undo, performed_by: clerk}
        """).start()
    await shown(opened, stage)
    assert await next_of(opened, "a", "b") == {"b": "active"}
    await shown(opened, stage.done("a").cancel(compensate=True))
    assert await next_of(opened, "undo") == {}
