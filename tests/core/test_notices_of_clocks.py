"""Who is told that something is at risk, late, or takes too long (issue 6, points 6 to 8)."""

from dataclasses import replace

from engine.core.clock_facts import AtRisk, Breached, Escalated
from engine.core.frozen import changed
from engine.core.notices import HEARD, subject_of
from engine.core.organisation import Organisation
from engine.core.telling import Hook, Listeners, sent, words
from tests.core.play import HEAD, journey_of
from tests.core.stage import NOON
from tests.core.test_notices import CASE, PEOPLE, TASK, event, found_in, told

TASK_AT_RISK = AtRisk("task", "a", 1, 1, None, NOON)
TASK_LATE = Breached("task", "a", 1, 1, None, NOON)
PHASE_AT_RISK = AtRisk("phase", None, None, None, "first", NOON)
PROCESS_LATE = Breached("process", None, None, None, None, NOON)
NOBODY = replace(TASK, assignee=None)


def test_who_has_a_task_that_is_at_risk_is_warned_and_the_role_while_nobody_has_it() -> None:
    assert told(TASK_AT_RISK, actor="system") == {"at_risk": ("carl",)}
    assert told(TASK_AT_RISK, actor="system", work=NOBODY) == {"at_risk": ("carl", "cora")}


def test_nobody_is_warned_of_what_is_done_or_late_by_now() -> None:
    assert told(TASK_AT_RISK, actor="system", work=replace(TASK, at_risk=False)) == {}


def test_a_late_task_is_told_to_who_has_it_and_their_managers() -> None:
    assert told(TASK_LATE, actor="system") == {"breached": ("carl", "mona")}
    assert told(TASK_LATE, actor="system", work=replace(TASK, at_risk=False)) == {"breached": ("carl", "mona")}


def test_a_late_task_that_nobody_has_is_for_the_managers_and_where_there_are_none_for_the_role() -> None:
    assert told(TASK_LATE, actor="system", work=NOBODY) == {"breached": ("mona", "rita")}
    alone = Organisation.of(1, [replace(PEOPLE.users["cora"], reports_to=None)], [*PEOPLE.roles.values()], [])
    assert told(TASK_LATE, actor="system", work=NOBODY, organisation=alone) == {"breached": ("cora",)}


def test_phases_and_processes_are_their_owner_s() -> None:
    assert told(PHASE_AT_RISK, actor="system", work=None) == {"at_risk": ("olga",)}
    assert told(PROCESS_LATE, actor="system", work=None) == {"breached": ("olga",)}


def test_what_takes_too_long_and_is_no_task_is_told_to_whom_its_level_names_else_to_the_owner() -> None:
    level = Escalated("phase", None, None, None, "first", 1, NOON, None)
    assert told(level, actor="system", work=None) == {"escalated": ("olga",)}
    assert told(changed(level, to_role="chief"), actor="system", work=None) == {"escalated": ("mona", "rita")}
    assert told(changed(level, to_users=("cora",)), actor="system", work=None) == {"escalated": ("cora",)}


def test_webhooks_hear_of_it_though_nobody_is_told() -> None:
    (notice,) = found_in(TASK_LATE, "system", work=replace(TASK, assignee=None, role=None))
    (message,) = sent(notice, Listeners({}, (Hook("w1", frozenset({"breached"})),)), PEOPLE, letters=True)
    assert message.message["data"]["users"] == []


def test_the_words_name_the_task_the_phase_or_the_case() -> None:
    phases = journey_of("phases: [{id: first, name: Asking, atoms: [{id: a, performed_by: clerk}]}]", HEAD)
    (notice,) = found_in(TASK_AT_RISK, "system")
    assert words(notice, PEOPLE)[1] == "“Look at it” of LN-7 is about to take longer than it should."
    assert subject_of(event(PHASE_AT_RISK), CASE, None, phases).name == "Asking"
    assert subject_of(event(PROCESS_LATE), CASE, None, phases).name == "Example"


def test_the_notifier_hears_of_all_of_them() -> None:
    assert {"sla.at_risk", "sla.breached", "sla.escalated", "task.escalated"} <= set(HEARD)
