"""R1 start, R2 split, R3 join, R4 dependencies, R5 dead paths."""

import pytest

from engine.core.errors import Invalid, NotFound
from tests.core.play import HEAD, Play

SCHEMA = HEAD.replace("{type: object, properties", "{type: object, required: [n], properties")


def test_r1_entry_atoms_start_and_an_atom_with_dependencies_only_is_one_that_waits():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true}
      - {id: b, performed_by: clerk, depends_on: [a]}
    """).start()
    assert play.open == ["a"]
    assert play.states == {"a": "active", "b": "waiting"}
    play.done("a")
    assert play.open == ["b"]


def test_r1_case_data_that_break_the_schema_are_refused_with_their_pointers():
    with pytest.raises(Invalid) as refused:
        Play("[{id: a, performed_by: clerk}]", SCHEMA).start(text="x")
    assert refused.value.code == "context_invalid"
    assert "n" in refused.value.details["errors"][0]["message"]


PARTS = """
modules:
  - id: first
    atoms:
      - {id: a, performed_by: clerk, entry: true, enables: [b]}
  - id: second
    atoms:
      - {id: b, performed_by: clerk, enables: [c, d]}
      - {id: c, performed_by: clerk, depends_on: [a], enables: [e]}
      - {id: d, performed_by: clerk, enables: [e]}
  - id: third
    atoms:
      - {id: e, performed_by: clerk, join: {count: 2}, enables: [f]}
      - {id: f, performed_by: clerk, join: {count: 2}}
      - {id: g, performed_by: clerk, entry: true, enables: [f]}
"""


def test_r1_a_process_started_at_a_module_knows_neither_edges_nor_dependencies_from_outside():
    play = Play(PARTS).start(part="second")
    assert play.open == ["b"]
    play.done("b")
    assert play.open == ["c", "d"]
    play.done("c")
    play.done("d")
    assert play.ended == ("completed", "completed")
    assert play.states["e"] == "-"


def test_r1_a_count_is_lowered_to_the_edges_that_exist_in_the_part():
    play = Play(PARTS).start(part="third")
    assert play.open == ["e", "g"]
    play.done("e")
    play.done("g")
    assert play.open == ["f"]


def test_r1_a_count_beyond_the_edges_of_the_part_is_reached_by_all_of_them():
    play = Play("""
      modules:
        - id: outside
          atoms: [{id: o, performed_by: clerk, entry: true, enables: [j]}]
        - id: inside
          atoms:
            - {id: i, performed_by: clerk, entry: true, enables: [j]}
            - {id: j, performed_by: clerk, join: {count: 2}}
    """).start(part="inside")
    play.done("i")
    assert play.open == ["j"]


NESTED = """
phases:
  - id: begin
    modules:
      - id: first
        atoms: [{id: a, performed_by: clerk, entry: true, enables: [b]}]
      - id: second
        atoms:
          - id: b
            performed_by: clerk
            enables: [{to: c, rule: {">": [{var: n}, 1]}}, {to: d, otherwise: true}]
  - id: end
    atoms: [{id: c, performed_by: clerk}, {id: d, performed_by: clerk}]
"""


def test_r1_a_phase_holds_the_atoms_of_its_modules():
    play = Play(NESTED).start(part="begin", n=5)
    play.done("a")
    play.done("b")
    assert play.ended == ("completed", "completed")
    assert play.states == {"a": "completed", "b": "completed", "c": "-", "d": "-"}


def test_r1_a_module_of_a_phase_is_a_part_of_its_own():
    assert Play(NESTED).start(part="second").open == ["b"]


def test_r1_edges_that_leave_the_part_are_looked_at_as_usual():
    play = Play(NESTED).start(part="begin")
    play.done("a")
    play.done("b")
    assert play.incident == ("unresolved", "b", "edges")


def test_r1_a_part_that_does_not_exist_is_refused():
    with pytest.raises(NotFound, match="part_not_found"):
        Play(PARTS).start(part="fourth")


SPLIT = """
  - id: a
    performed_by: clerk
    output: {{type: object, properties: {{x: {{}}}}}}
    split: {split}
    enables:
      - {{to: plain}}
      - {{to: high, rule: {{">": [{{var: n}}, 10]}}, priority: {high}}}
      - {{to: positive, rule: {{">": [{{var: n}}, 0]}}, priority: 2}}
      - {{to: other, otherwise: true}}
      - {{to: other2, otherwise: true}}
  - {{id: plain, kind: milestone}}
  - {{id: high, kind: milestone}}
  - {{id: positive, kind: milestone}}
  - {{id: other, kind: milestone}}
  - {{id: other2, kind: milestone}}
"""


def reached(split: str, n: int, high: int = 1) -> list[str]:
    play = Play(SPLIT.format(split=split, high=high)).start(n=n)
    play.done("a")
    return [atom for atom, state in play.states.items() if state == "completed"][1:]


def test_r2_split_all_takes_unruled_and_true_edges_and_every_otherwise_when_no_ruled_one():
    assert reached("all", 11) == ["plain", "high", "positive"]
    assert reached("all", 1) == ["plain", "positive"]
    assert reached("all", -1) == ["plain", "other", "other2"]


def test_r2_split_first_takes_the_first_in_order_of_priority_then_of_the_file():
    assert reached("first", 11, high=-1) == ["high"]
    assert reached("first", 1, high=-1) == ["plain"]


def test_r2_split_first_takes_the_first_otherwise_only_when_nothing_else():
    play = Play("""
      - id: a
        performed_by: clerk
        split: first
        enables:
          - {to: x, otherwise: true}
          - {to: y, otherwise: true}
          - {to: z, rule: {var: go}}
      - {id: x, kind: milestone}
      - {id: y, kind: milestone}
      - {id: z, kind: milestone}
    """).start(go=False)
    play.done("a")
    assert play.states == {"a": "completed", "x": "completed", "y": "skipped", "z": "skipped"}


def test_r2_split_first_takes_an_otherwise_after_every_other_edge_whatever_its_priority():
    play = Play("""
      - id: a
        performed_by: clerk
        split: first
        enables: [{to: x, otherwise: true, priority: -1}, {to: y, rule: {var: go}}]
      - {id: x, performed_by: clerk}
      - {id: y, performed_by: clerk}
    """).start(go=True)
    play.done("a")
    assert play.open == ["y"]


def test_r2_an_atom_that_may_end_takes_no_edge_without_an_incident():
    play = Play("""
      - {id: a, performed_by: clerk, may_end: true, enables: [{to: b, rule: {var: go}}]}
      - {id: b, performed_by: clerk}
    """).start(go=0)
    play.done("a")
    assert play.ended == ("completed", "completed")


def test_the_event_that_ends_a_step_says_which_edges_were_taken_and_by_which_values():
    play = Play(SPLIT.format(split="first", high=-1)).start(n=11)
    decision = play.done("a")
    edges = {edge.to: edge for edge in decision.events[0].fact.edges}
    assert edges["high"].taken and not edges["positive"].taken
    assert edges["high"].trace["reads"] == {"n": 11}
    assert edges["positive"].trace is None


JOIN = """
  - {{id: s, performed_by: clerk, enables: [a, b, c]}}
  - {{id: a, performed_by: clerk, may_end: true, enables: [{{to: j, rule: {{var: go}}}}]}}
  - {{id: b, performed_by: clerk, enables: [j]}}
  - {{id: c, performed_by: clerk, enables: [j]}}
  - {{id: j, performed_by: clerk, join: {join}}}
"""


def joined(join: str, go: bool = True) -> Play:
    play = Play(JOIN.format(join=join)).start(go=go)
    play.done("s")
    return play


def test_r3_join_all_waits_for_every_edge_and_starts_once_when_at_least_one_was_taken():
    play = joined("all", go=False)
    play.done("a")
    play.done("b")
    assert "j" not in play.open
    play.done("c")
    assert play.open == ["j"]


def test_r3_join_any_starts_at_the_first_taken_edge_and_later_arrivals_change_nothing():
    play = joined("any")
    play.done("b")
    assert play.open == ["a", "c", "j"]
    play.done("j")
    play.done("a")
    play.done("c")
    assert play.types.count("task.created") == 5
    assert play.ended[0] == "completed"


def test_r3_a_count_is_ready_at_n_taken():
    play = joined("{count: 2}")
    play.done("b")
    assert "j" not in play.open
    play.done("a")
    assert play.open == ["c", "j"]


def test_r3_a_count_is_skipped_as_soon_as_it_can_no_longer_be_reached():
    play = joined("{count: 3}", go=False)
    play.done("a")
    assert play.states["j"] == "skipped"
    assert play.open == ["b", "c"]


def test_r3_join_all_is_skipped_when_no_edge_was_taken():
    play = Play("""
      - {id: s, performed_by: clerk, split: first, enables: [{to: a, rule: {var: go}}, {to: z, otherwise: true}]}
      - {id: a, performed_by: clerk, enables: [b]}
      - {id: b, performed_by: clerk}
      - {id: z, performed_by: clerk}
    """).start(go=False)
    decision = play.done("s")
    assert decision.skipped == ("a", "b")
    assert play.open == ["z"]


DEPENDS = """
  - {{id: s, performed_by: clerk, split: first, enables: [{{to: a, rule: {{var: go}}}}, {{to: b, otherwise: true}}]}}
  - {{id: a, performed_by: clerk}}
  - {{id: b, performed_by: clerk}}
  - {{id: d, performed_by: clerk, depends_on: [{{atom: a, require: {require}}}], enables: [e]}}
  - {{id: e, performed_by: clerk}}
"""


def test_r4_a_dependency_is_met_by_a_skipped_target_unless_completion_is_required():
    play = Play(DEPENDS.format(require="resolved")).start(go=False)
    play.done("s")
    assert play.open == ["b", "d"]
    strict = Play(DEPENDS.format(require="completed")).start(go=False)
    assert strict.done("s").skipped == ("a", "d", "e")


def test_r4_a_completed_target_lets_a_strict_dependent_start():
    play = Play(DEPENDS.format(require="completed")).start(go=True)
    play.done("s")
    assert play.states["d"] == "waiting"
    play.done("a")
    assert play.open == ["d"]


def test_r4_a_dependent_that_is_not_ready_is_not_skipped_yet():
    play = Play("""
      - {id: s, performed_by: clerk, split: first, enables: [{to: a, rule: {var: go}}, {to: b, otherwise: true}]}
      - {id: a, performed_by: clerk}
      - {id: b, performed_by: clerk, enables: [d]}
      - {id: d, performed_by: clerk, depends_on: [{atom: a, require: completed}]}
    """).start(go=False)
    play.done("s")
    assert play.states["d"] == "-"
    play.done("b")
    assert play.states["d"] == "skipped"


def test_r4_a_ready_atom_is_skipped_as_soon_as_one_required_completion_cannot_be_though_others_are_open():
    play = Play("""
      - id: s
        performed_by: clerk
        entry: true
        split: first
        enables: [{to: a, rule: {var: go}}, {to: z, otherwise: true}]
      - {id: a, performed_by: clerk}
      - {id: z, performed_by: clerk}
      - {id: d, performed_by: clerk, depends_on: [z, {atom: a, require: completed}]}
    """).start(go=False)
    assert play.done("s").skipped == ("a", "d")
    assert play.open == ["z"]


def test_r4_a_step_that_exited_and_is_held_counts_as_completed():
    play = Play("""
      - {id: a, performed_by: clerk, enables: [{to: x, rule: {">": [{var: n}, 1]}}, {to: y, otherwise: true}]}
      - {id: x, performed_by: clerk}
      - {id: y, performed_by: clerk}
      - {id: d, performed_by: clerk, depends_on: [{atom: a, require: completed}]}
    """).start()
    play.done("a")
    assert play.incident == ("unresolved", "a", "edges")
    assert play.open == ["d"]


def test_r5_dead_paths_spread_at_once_through_joins_and_dependencies():
    play = Play("""
      - {id: s, performed_by: clerk, split: first, enables: [{to: a, rule: {var: go}}, {to: z, otherwise: true}]}
      - {id: a, kind: decision, enables: [b, c]}
      - {id: b, performed_by: clerk, enables: [d]}
      - {id: c, performed_by: clerk, enables: [d]}
      - {id: d, performed_by: clerk, enables: [e]}
      - {id: z, performed_by: clerk, enables: [e]}
      - {id: e, performed_by: clerk, depends_on: [d]}
    """).start(go=False)
    assert play.done("s").skipped == ("a", "b", "c", "d")
    play.done("z")
    assert play.open == ["e"]


def test_r3_and_r5_a_join_is_ready_when_its_last_edge_dies_and_one_was_taken_before():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true, enables: [j]}
      - {id: b, performed_by: clerk, entry: true, may_end: true, enables: [{to: c, rule: {var: go}}]}
      - {id: c, performed_by: clerk, enables: [j]}
      - {id: j, performed_by: clerk}
    """).start(go=False)
    play.done("a")
    assert "j" not in play.open
    assert play.done("b").skipped == ("c",)
    assert play.open == ["j"]
    assert play.process.steps["j"].ready_at == play.now
