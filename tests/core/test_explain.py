"""What holds a process is always named, with who can move it and what waits behind it."""

from engine.core.commands import ClaimTask, StartTask
from engine.core.explain import Held, explain
from tests.core.play import ADMIN, Play

ATOMS = """
  - {id: z, kind: milestone}
  - {id: a, performed_by: clerk, entry: true, enables: [b]}
  - {id: b, performed_by: clerk, enables: [z]}
  - {id: s, kind: system, action: do.it, entry: true, retry: {max_attempts: 2}, enables: [b]}
  - {id: d, performed_by: clerk, depends_on: [b]}
  - {id: n, performed_by: clerk, entry: true, input: {x: {var: n}}}
"""


def held(play: Play) -> dict[tuple[str, str], Held]:
    return {(one.kind, one.atom): one for one in explain(play.journey, play.process)}


def test_each_open_task_says_who_moves_it_and_what_waits_behind_it():
    play = Play(ATOMS).start()
    found = held(play)
    assert list(found) == [("incident", "n"), ("task", "a"), ("task", "s")]
    assert found["task", "a"].who == ("role:clerk",)
    assert found["task", "a"].unblocks == ("z", "b", "d")
    assert found["task", "s"].who == ("action:do.it",)
    assert found["incident", "n"].who == ("permission:incident:retry", "permission:process:change_context")
    assert "n" in found["incident", "n"].needs


def test_a_task_that_somebody_has_names_that_person():
    play = Play(ATOMS).start()
    play.give(ClaimTask(ADMIN, 1))
    assert (held(play)["task", "a"].who, held(play)["task", "a"].text) == (("ada",), "“a” is assigned to ada.")
    play.give(StartTask(ADMIN, 1))
    assert "is being done by ada" in held(play)["task", "a"].text


def test_held_work_is_told_once_by_its_incident():
    play = Play(ATOMS).start()
    play.fail("s")
    assert held(play)["task", "s"].text.endswith("do.it after 1 failed attempt.")
    play.fail("s")
    assert ("task", "s") not in held(play)
    assert held(play)["incident", "s"].unblocks == ("z", "b", "d")


def test_what_has_started_is_not_waiting_and_what_has_ended_is_not_told():
    play = Play(ATOMS).start(n=1)
    for atom in ("a", "s"):
        play.done(atom)
    assert list(held(play)) == [("task", "n"), ("task", "b")]
    assert held(play)["task", "b"].unblocks == ("z", "d")
    assert held(play)["task", "n"].unblocks == ()
    play.cancel()
    assert explain(play.journey, play.process) == ()


def test_a_step_that_a_join_started_already_is_not_unblocked_by_the_branches_that_come_later():
    play = Play("""
      - {id: a, performed_by: clerk, entry: true, enables: [j]}
      - {id: b, performed_by: clerk, entry: true, enables: [j]}
      - {id: j, performed_by: clerk, join: any, enables: [k]}
      - {id: k, performed_by: clerk}
    """).start()
    play.done("a")
    assert held(play)["task", "b"].unblocks == ()
    assert held(play)["task", "j"].unblocks == ("k",)
