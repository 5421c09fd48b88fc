"""Steps held by an incident, and answers that come late or twice (R9, R10, R18)."""

import pytest

from engine.core.callers import SYSTEM
from engine.core.commands import (
    CompleteWork,
    ExpireLease,
    FailWork,
    RetryIncident,
    SkipIncident,
)
from engine.core.errors import Conflict, NotFound
from tests.core.play import ADMIN, Play

WORK = """
  - {id: a, kind: system, action: do.it, retry: {max_attempts: 2, backoff: PT1S}, enables: [b]}
  - {id: b, performed_by: clerk}
"""


def test_r10_an_answer_given_twice_under_one_lease_counts_once():
    play = Play(WORK).start()
    token = play.lease("a")
    play.give(FailWork(SYSTEM, 1, token, "no line"))
    for again in (
        FailWork(SYSTEM, 1, token, "no line"),
        CompleteWork(SYSTEM, 1, token, {}),
        ExpireLease(SYSTEM, 1, token),
    ):
        with pytest.raises(Conflict, match="lease_lost"):
            play.give(again)
    assert play.task("a").attempts == 1


def test_r10_a_lease_that_has_not_run_out_is_not_ended():
    play = Play(WORK).start()
    token = play.lease("a", seconds=1)
    with pytest.raises(Conflict, match="lease_lost"):
        play.give(ExpireLease(SYSTEM, 1, token))
    assert play.task("a").attempts == 0


def test_r10_the_end_of_an_older_lease_is_not_that_of_the_newest():
    play = Play(WORK).start()
    older = play.lease("a", seconds=0.5)
    play.lease("a", seconds=0.5)
    with pytest.raises(Conflict, match="lease_lost"):
        play.give(ExpireLease(SYSTEM, 1, older))


def test_r10_an_answer_at_the_last_moment_of_its_lease_counts():
    play = Play(WORK).start()
    play.give(CompleteWork(SYSTEM, 1, play.lease("a", seconds=1), {}))
    assert play.open == ["b"]


def test_r10_the_lease_of_another_task_is_no_lease():
    play = Play("""
      - {id: a, kind: system, action: do.it, entry: true}
      - {id: b, kind: system, action: do.it, entry: true}
    """).start()
    token = play.lease("a")
    with pytest.raises(Conflict, match="lease_lost"):
        play.give(CompleteWork(SYSTEM, 2, token, {}))
    with pytest.raises(Conflict, match="lease_lost"):
        play.give(CompleteWork(SYSTEM, 7, token, {}))


def test_r10_retrying_counts_attempts_anew_and_the_next_last_one_is_an_incident_again():
    play = Play(WORK).start()
    play.fail("a")
    play.fail("a")
    assert play.incident == ("action_failed", "a", "work")
    play.retry()
    play.fail("a")
    assert not list(play.process.open_incidents())
    play.fail("a")
    assert play.incident == ("action_failed", "a", "work")
    assert [incident.n for incident in play.process.incidents.values()] == [1, 2]


def test_r10_the_wait_before_the_second_attempt_is_the_backoff_and_grows_by_the_factor_to_its_bound():
    policy = (
        Play("""
      - {id: a, kind: system, action: do.it, retry: {max_attempts: 9, backoff: PT2S, factor: 3, max_backoff: PT20S}}
    """)
        .journey.atoms["a"]
        .retry
    )
    assert [policy.wait(attempt).total_seconds() for attempt in (1, 2, 3, 4, 900)] == [2, 6, 18, 20, 20]
    usual = Play(WORK.replace("retry: {max_attempts: 2, backoff: PT1S}, ", "")).journey.atoms["a"].retry
    assert (usual.max_attempts, usual.timeout.total_seconds()) == (3, 60)
    assert [usual.wait(attempt).total_seconds() for attempt in (1, 2, 3, 8)] == [1, 2, 4, 60]


def test_r18_held_work_is_gone_and_its_step_is_skipped_by_hand():
    play = Play(WORK).start()
    play.fail("a", retryable=False)
    assert play.open == []
    decision = play.give(SkipIncident(ADMIN, 1, "done on paper", ("b",)))
    assert [event.fact.name for event in decision.events] == ["incident.resolved", "step.skipped", "task.created"]
    assert not list(play.process.open_incidents())
    assert play.process.steps["a"].held is None
    play.done("b")
    assert play.ended == ("completed", "completed")


def test_r10_work_that_is_held_waits_for_no_worker():
    play = Play(WORK).start()
    decision = play.fail("a", retryable=False)
    assert [task.next_at for task in decision.work] == [None]
    assert play.process.steps["a"].held == "work"
    assert play.process.steps["a"].exit is None


def test_a_process_that_ends_resolves_its_incidents_and_takes_its_work_from_the_queue():
    play = Play(WORK).start()
    play.fail("a", retryable=False)
    decision = play.cancel()
    assert [event.fact.name for event in decision.events] == [
        "incident.resolved",
        "step.cancelled",
        "process.cancelled",
    ]
    assert decision.work == ()
    assert play.process.steps["a"].held is None


def test_r9_a_step_held_before_its_work_has_started_and_its_retry_gives_it_its_task():
    play = Play("""
      - {id: a, performed_by: clerk, enables: [b]}
      - {id: b, performed_by: clerk, input: {amount: {var: n}}}
    """).start()
    assert [(one.atom, one.task) for one in play.done("a").started] == [("b", None)]
    began = play.process.steps["b"].started_at
    assert [event.fact.name for event in play.retry().events] == ["incident.resolved", "incident.raised"]
    play.patch(n=1)
    assert [(one.atom, one.task) for one in play.retry().started] == [("b", 2)]
    assert play.process.steps["b"].started_at == began
    assert play.process.steps["b"].held is None


def test_r18_an_incident_that_is_resolved_or_unknown_cannot_be_retried():
    play = Play(WORK).start()
    play.fail("a", retryable=False)
    play.retry()
    with pytest.raises(Conflict, match="invalid_transition"):
        play.give(RetryIncident(ADMIN, 1, "again"))
    with pytest.raises(NotFound, match="incident_not_found"):
        play.give(RetryIncident(ADMIN, 2, "again"))


def test_r9_a_table_that_was_done_is_not_done_again_when_what_comes_after_it_is_retried():
    play = Play(
        """
      - id: d
        kind: decision
        table: {hit: first, rows: [{rule: true, sets: {go: {"+": [{var: [go, 0]}, 1]}}}]}
        sets: {text: {var: n}}
        enables: [{to: b, rule: {">": [{var: credit}, 1]}}, {to: c, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """,
        HEAD_WITH_CREDIT,
    ).start()
    assert play.incident == ("unresolved", "d", "sets")
    assert play.process.context["go"] == 1
    play.patch(n=5)
    play.retry()
    assert play.incident == ("rule_failed", "d", "sets"), "a number is no text of the context's schema"
    play.patch(n="5")
    play.retry()
    assert play.incident == ("unresolved", "d", "edges")
    assert (play.process.context["go"], play.process.context["text"]) == (1, "5")
    play.patch(n="6", credit=2)
    play.retry()
    assert play.open == ["b"]
    assert (play.process.context["go"], play.process.context["text"]) == (1, "5")


HEAD_WITH_CREDIT = """
journey: example
version: 1.0.0
name: Example
context: {type: object, properties: {go: {}, n: {}, credit: {}, text: {type: string}}}
roles: {clerk: {name: Clerk}}
"""


def test_r9_a_held_exit_keeps_its_output_for_the_rules_that_are_left_and_forgets_it_then():
    play = Play(
        """
      - id: a
        performed_by: clerk
        saves: credit
        enables: [{to: b, rule: {"==": [{var: atom.output.score}, {var: n}]}}, {to: c, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """,
        HEAD_WITH_CREDIT,
    ).start()
    play.done("a", score=7)
    assert play.incident == ("unresolved", "a", "edges")
    assert play.process.steps["a"].output == {"score": 7}
    play.patch(n=7, credit=None)
    play.retry()
    assert play.open == ["b"]
    assert play.process.steps["a"].output is None
    assert play.process.steps["a"].held is None


def test_r9_rules_after_the_exit_see_the_output():
    play = Play(
        """
      - id: a
        performed_by: clerk
        saves: credit
        sets: {n: {var: atom.output.score}}
        enables: [{to: b, rule: {"==": [{var: atom.output.score}, 7]}}, {to: c, otherwise: true}]
      - {id: b, performed_by: clerk}
      - {id: c, performed_by: clerk}
    """,
        HEAD_WITH_CREDIT,
    ).start()
    play.done("a", score=7)
    assert (play.process.context["n"], play.open) == (7, ["b"])


def test_r9_rules_see_the_process_the_atom_and_the_time_of_the_decision():
    play = Play(
        """
      - id: a
        performed_by: clerk
        sets:
          go: [{var: process.id}, {var: process.journey}, {var: process.version}, {var: process.initiated_by}]
          n: [{var: atom.id}, {var: atom.visit}, {var: atom.exit}, {var: process.business_key}]
          credit: {after: [{var: now}, {var: process.started_at}]}
    """,
        HEAD_WITH_CREDIT,
    ).start()
    play.done("a")
    assert play.process.context["go"] == ["p1", "example", "1.0.0", "olga"]
    assert play.process.context["n"] == ["a", 1, "done", None]
    assert play.process.context["credit"] is True


def test_r9_a_unique_table_says_which_rows_are_true():
    play = Play(
        """
      - id: d
        kind: decision
        table:
          hit: unique
          rows: [{rule: false, sets: {n: 1}}, {rule: true, sets: {n: 2}}, {rule: true, sets: {n: 2}}]
    """,
        HEAD_WITH_CREDIT,
    ).start()
    (incident,) = play.process.open_incidents()
    assert "rows 2, 3 of a unique table" in incident.message


def test_r9_a_collecting_table_without_a_true_row_gives_its_otherwise_or_empty_lists():
    atoms = """
      - id: d
        kind: decision
        table: {hit: collect, rows: [{rule: false, sets: {n: 1, go: 2}}]%s}
    """
    play = Play(atoms % ", otherwise: {n: 3}", HEAD_WITH_CREDIT).start()
    assert (play.process.context["n"], play.process.context["go"]) == ([3], [])
    assert Play(atoms % "", HEAD_WITH_CREDIT).start().process.context == {"n": [], "go": []}


def test_r10_done_work_is_due_no_more():
    play = Play(WORK).start()
    (task,) = play.done("a").work
    assert (task.status, task.next_at) == ("completed", None)


def test_r13_work_that_was_due_when_the_process_ended_is_due_no_more():
    (task,) = Play(WORK).start().cancel().work
    assert (task.status, task.next_at) == ("cancelled", None)
