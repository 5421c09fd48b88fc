"""Who does the tasks of a case: people named after roles, and who is named in `by` (four eyes, `same_as`)."""

from engine.cases.playing import Played, play
from engine.cases.reading import ReadSuite, read_suite
from engine.cases.versions import put_together
from engine.loading import load

LOAN = """
journey: loan
version: 1.0.0
context: {type: object}
roles: {clerk: {}, chief: {}}
atoms:
  - {id: enter, performed_by: {role: clerk, strategy: round_robin}, enables: [check]}
  - id: check
    performed_by: {role: clerk, strategy: manual, not_same_as: [enter], skills: [{skill: fha, level: 3}]}
    enables: [approve]
  - {id: approve, performed_by: {role: chief, not_same_as: [enter, check]}, enables: [mend]}
  - {id: mend, performed_by: {role: clerk, same_as: enter}}
"""


def read(case: str) -> tuple[ReadSuite, Played | None]:
    loaded = load(LOAN, "yaml")
    assert loaded.definition and loaded.routes, loaded.findings
    versions = put_together((loaded.definition, loaded.routes), ())
    text = f"journey: loan\ncases:\n  - {{name: the case, {case}}}\n"
    found = read_suite(text, "yaml", versions.journey, {})
    return found, play(found.suite.cases[0], versions) if found.suite else None


def played(case: str) -> Played:
    found, one = read(case)
    assert one, found.findings
    return one


def by(one: Played) -> dict[str, str]:
    """Who did what."""
    ((_, events),) = one.histories
    return {str(event.payload["atom"]): event.actor for event in events if event.fact.name == "task.completed"}


def test_four_eyes_given_out_and_kept_tasks_are_done_by_themselves():
    one = played("expect: {path: [enter, check, approve, mend]}")
    assert one.passed, (one.stop, one.mismatches)
    assert by(one) == {"enter": "clerk", "check": "clerk-2", "approve": "chief", "mend": "clerk"}


def test_a_case_names_who_does_a_task_and_shows_whom_four_eyes_refuse():
    one = played(
        "leaves: [enter, check, approve, mend], then: [{do: {atom: enter, by: ann}}, "
        "{do: {atom: check, by: ann, refused: four_eyes}}, {do: {atom: check, by: ben}}, "
        "{do: {atom: approve, by: ben, refused: four_eyes}}, {do: approve}, "
        "{do: {atom: mend, by: ben, refused: kept_for_another}}, {do: {atom: mend, by: ann}}]"
    )
    assert one.passed, (one.stop, one.mismatches)
    assert by(one) == {"enter": "ann", "check": "ben", "approve": "chief", "mend": "ann"}


def test_a_refusal_that_does_not_come_stops_the_case():
    stop = played("leaves: [enter], then: [{do: {atom: enter, by: ann, refused: four_eyes}}]").stop
    assert stop is not None
    assert stop.message == "ann may do `enter`; no `four_eyes`."


def test_a_refusal_that_is_not_expected_stops_the_case_in_the_engines_words():
    stop = played("leaves: [enter, check], then: [{do: {atom: enter, by: ann}}, {do: {atom: check, by: ann}}]").stop
    assert stop is not None
    assert stop.message == "ann performed enter; somebody else must perform check."


def test_who_says_that_a_task_fails_is_named_alike():
    one = played(
        "leaves: [enter, check], then: [{do: {atom: enter, by: ann}}, {fail: {atom: check, by: ben, reason: gone}}], "
        "expect: {status: running, incidents: {check: task_failed}}"
    )
    assert one.passed, (one.stop, one.mismatches)


def test_only_refusals_that_are_about_people_can_be_expected():
    found, _ = read("then: [{do: {atom: enter, refused: not_your_task}}]")
    assert [finding.code for finding in found.findings] == ["bad_value"]
