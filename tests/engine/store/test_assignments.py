"""The rows of `task_assignments`, told from decisions alone."""

from engine.core.commands import Cancel, ClaimTask, CompleteTask, FailTask, ReassignTask, ReleaseTask, Start, StartTask
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.store.assignments import Assignments
from tests.conformance.worlds import OLGA
from tests.core.play import ADMIN, NOON, Play

ATOMS = "[{id: left, performed_by: clerk, entry: true}, {id: right, performed_by: clerk, entry: true}]"


def started() -> Play:
    return Play(ATOMS).start()


def told(*decisions: Decision) -> tuple[list[tuple[object, ...]], list[int]]:
    """(n, method, from, to, whether it is over) of each new row, and the tasks whose stored holder let go."""
    found = Assignments.of(decisions)
    rows = [
        (row["n"], row["method"], row["from_user"], row["to_user"], row["released_at"] is not None)
        for row in found.assigned
    ]
    return rows, [row["n"] for row in found.released]


def test_claiming_makes_a_row() -> None:
    assert told(started().give(ClaimTask(OLGA, 1))) == ([(1, "claim", None, "olga", False)], [])


def test_starting_leaves_it_with_who_claimed_it() -> None:
    play = started()
    play.give(ClaimTask(OLGA, 1))
    assert told(play.give(StartTask(OLGA, 1))) == ([], [])


def test_failing_implies_claiming_and_ends_the_assignment() -> None:
    play = started()
    assert told(play.give(FailTask(OLGA, 2, "no such person"))) == ([(2, "fail", None, "olga", True)], [])
    play.give(ClaimTask(OLGA, 1))
    assert told(play.give(FailTask(OLGA, 1, "no such person"))) == ([], [1])


def test_completing_implies_claiming_and_ends_the_assignment() -> None:
    play = started()
    assert told(play.give(CompleteTask(OLGA, 2, {}))) == ([(2, "complete", None, "olga", True)], [])
    play.give(ClaimTask(OLGA, 1))
    assert told(play.give(CompleteTask(OLGA, 1, {}))) == ([], [1])


def test_reassigning_ends_one_assignment_and_makes_another() -> None:
    play = started()
    play.give(ClaimTask(OLGA, 1))
    assert told(play.give(ReassignTask(ADMIN, 1, "otto"))) == ([(1, "reassign", "olga", "otto", False)], [1])


def test_releasing_and_cancelling_end_an_assignment() -> None:
    play = started()
    play.give(ClaimTask(OLGA, 1))
    play.give(ClaimTask(OLGA, 2))
    assert told(play.give(ReleaseTask(OLGA, 1))) == ([], [1])
    assert told(play.give(Cancel(ADMIN, "not wanted"))) == ([], [2])


def test_decisions_written_together_end_what_they_began() -> None:
    play = started()
    decisions = [play.give(ClaimTask(OLGA, 1)), play.give(CompleteTask(OLGA, 1, {}))]
    assert told(*decisions) == ([(1, "claim", None, "olga", True)], [])


def test_a_start_assigns_nothing() -> None:
    play = started()
    assert told(decide(play.journey, None, Start(OLGA, "p2", {}), NOON)) == ([], [])
