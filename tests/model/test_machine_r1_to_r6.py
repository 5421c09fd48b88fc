"""The model itself, rule by rule: starts, splits, joins, dependencies, dead paths, instant atoms."""

from tests.model.playing import Played


def human(atom, *enables, **more):
    return {"id": atom, "enables": list(enables)} | more


def mark(atom, *enables, **more):
    return human(atom, *enables, kind="milestone", **more)


def phases(*groups):
    return [{"id": f"phase-{n}", "atoms": list(atoms)} for n, atoms in enumerate(groups, 1)]


def test_a_part_runs_without_the_edges_from_outside_r1():
    joined = human("c", join={"count": 2})
    played = Played(phases=phases([human("a", "c")], [human("b", "c", "a"), joined]), start={"part": "phase-2"})
    assert played.open == ["b"]
    played.done("b")
    assert played.open == ["c"], "the count is lowered to the one edge that exists"
    played.done("c")
    assert played.ended == ("completed", "completed")


def test_a_part_that_a_rework_leaves_cannot_be_started_by_itself_r1():
    back = {"to": "a", "rework": True, "rule": False}
    played = Played(phases=phases([human("a", "b")], [human("b", back)]), start={"part": "phase-2"})
    assert played.answer == "part_not_closed"


def test_an_otherwise_edge_is_taken_when_no_ruled_one_was_r2():
    played = Played(
        human("a", "b", {"to": "c", "rule": False}, {"to": "d", "otherwise": True}), human("b"), human("c"), human("d")
    )
    played.done("a")
    assert played.states == {"a": "completed", "b": "active", "c": "skipped", "d": "active"}


def test_the_first_true_edge_by_priority_is_taken_alone_r2():
    edges = [{"to": "b", "rule": True}, {"to": "c", "rule": True, "priority": -1}, {"to": "d", "otherwise": True}]
    played = Played(human("a", *edges, split="first"), human("b"), human("c"), human("d"))
    played.done("a")
    assert played.open == ["c"]


def test_no_path_is_an_incident_and_a_retry_looks_again_r2():
    played = Played(human("a", {"to": "b", "rule": {"var": "go"}}), human("b"), context={"go": False})
    played.done("a")
    assert played.incidents == [("no_path", "a")]
    played.do("patch", patch={"go": True})
    played.do("retry", "a")
    assert played.open == ["b"]


def test_a_count_join_is_skipped_as_soon_as_it_cannot_be_reached_r3():
    edges = [human(name, {"to": "z", "rule": {"var": name}}, may_end=True) for name in "abc"]
    played = Played(*edges, human("z", join={"count": 2}), context={"a": True, "b": False, "c": False})
    played.done("b")
    played.done("c")
    assert played.states == {"a": "active", "b": "completed", "c": "completed", "z": "skipped"}


def test_an_any_join_starts_once_r3():
    played = Played(human("a", "c"), human("b", "c"), human("c", join="any"))
    played.done("a")
    played.done("c")
    played.done("b")
    assert (played.visit("c"), played.ended) == (1, ("completed", "completed"))


def test_a_dependency_that_must_complete_and_cannot_skips_at_once_r4():
    played = Played(
        human("a", {"to": "b", "rule": False}, may_end=True),
        human("b"),
        human("c", depends_on=[{"atom": "b", "require": "completed"}, "d"]),
        human("d"),
    )
    played.done("a")
    assert played.states == {"a": "completed", "b": "skipped", "c": "skipped", "d": "active"}


def test_a_step_held_after_its_exit_counts_as_completed_r4():
    played = Played(human("a", {"to": "b", "rule": {"var": "gone"}}), human("b"), human("c", depends_on=["a"]))
    played.done("a")
    assert played.incidents == [("unresolved", "a")] and played.open == ["c"]


def test_dead_paths_and_instant_atoms_belong_to_one_decision_r5_r6():
    played = Played(
        human("a", {"to": "b", "rule": False}, {"to": "d", "otherwise": True}),
        mark("b", "c"),
        mark("c", "e", outcome="never"),
        mark("d", "e", outcome="reached"),
        mark("e"),
    )
    played.done("a")
    assert played.states == {"a": "completed", "b": "skipped", "c": "skipped", "d": "completed", "e": "completed"}
    assert played.ended == ("completed", "reached")


def test_what_may_start_starts_first_in_first_out_and_in_file_order_within_a_moment_r6():
    def add(atom, *enables):
        return mark(atom, *enables, sets={"trail": {"cat": [{"var": ["trail", ""]}, atom]}})

    played = Played(add("d"), add("c", "d"), add("b", "e"), add("e"), human("a", "b", "c"))
    played.done("a")
    assert played.context["trail"] == "cbde"
