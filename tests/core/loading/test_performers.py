"""What loading says of who performs atoms: four eyes, keeping the person, skills, escalation (issue 6)."""

from typing import Any

import pytest

from engine.loading import Finding, load
from tests.core.loading.documents import told

HEAD = """\
journey: example
version: 1.0.0
context: {type: object, properties: {go: {type: boolean}, items: {type: array}}}
roles: {clerk: {}, chief: {}}
actions: {do.it: {}}
atoms:
"""
APPLY = "  - {id: apply, performed_by: clerk, enables: [check]}\n"
CHECK = "  - {id: check, kind: system, action: do.it, enables: [approve]}\n"


def findings(*atoms: str) -> tuple[Finding, ...]:
    return load(HEAD + "".join(f"  - {atom}\n" for atom in atoms)).findings


def approved(performer: str, *more: str) -> list[tuple[str, str]]:
    """What is found of `approve`, the third of three atoms, with such a performer."""
    atoms = (APPLY + CHECK).replace("  - ", "").splitlines()
    found = findings(*atoms, f"{{id: approve, performed_by: {{role: chief, {performer}}}}}", *more)
    return [(code, pointer.removeprefix("/atoms/2/performed_by/")) for code, pointer in told(found)]


def test_four_eyes_keeping_the_person_skills_and_escalation_are_read_into_the_routes() -> None:
    performer = "{role: chief, strategy: skill_based, skills: [law, {skill: fha, level: 3}], not_same_as: [check]"
    loaded = load(
        f"{HEAD}  - {{id: apply, performed_by: clerk, enables: [check]}}\n"
        "  - {id: check, performed_by: clerk, enables: [approve]}\n"
        f"  - {{id: approve, performed_by: {performer}, same_as: apply}}, escalates_to: clerk}}\n"
    )
    assert loaded.findings == ()
    assert loaded.routes is not None
    route = loaded.routes.routes[2]
    assert (route.strategy, [(one.skill, one.level) for one in route.skills]) == (
        "skill_based",
        [("law", 1), ("fha", 3)],
    )
    assert (route.not_same_as, route.same_as, route.escalates_to) == (("check",), "apply", "clerk")


@pytest.mark.parametrize(
    ("performer", "found"),
    [
        ("not_same_as: [apply]", []),
        ("same_as: apply", []),
        ("strategy: manual", []),
        ("skills: [law]", []),
        ("not_same_as: [apply, nobody]", [("unknown_atom", "not_same_as/1")]),
        ("same_as: aply", [("unknown_atom", "same_as")]),
        ("not_same_as: [approve]", [("bad_value", "not_same_as/0")]),
        ("same_as: approve", [("bad_value", "same_as")]),
        ("not_same_as: [apply, check]", [("bad_value", "not_same_as/1")]),
        ("same_as: check", [("bad_value", "same_as")]),
        ("not_same_as: [apply, apply]", [("duplicate_id", "not_same_as/1")]),
        ("not_same_as: [apply], same_as: apply", [("bad_value", "not_same_as/0")]),
        ("strategy: skill_based", [("bad_value", "strategy")]),
        ("strategy: skill_based, skills: [law]", []),
        ("skills: [law, {skill: law, level: 2}]", [("duplicate_id", "skills/1")]),
        ("skills: [{skill: law, level: 0}]", [("bad_value", "skills/0/level")]),
        ("skills: []", [("bad_value", "skills")]),
        ("not_same_as: apply", [("bad_value", "not_same_as")]),
        ("strategy: by_lot", [("bad_value", "strategy")]),
    ],
)
def test_each_wrong_performer_is_one_finding_where_it_stands(performer: str, found: list[tuple[str, str]]) -> None:
    assert approved(performer) == found


def test_a_finding_tells_the_cause_and_a_fix_and_where() -> None:
    (finding,) = findings("{id: a, performed_by: {role: clerk, same_as: a}}")
    assert (finding.atom, finding.line, finding.column) == ("a", 7, 50)
    assert "names itself" in finding.message
    assert finding.fix


ONE_PERSON = """\
- {id: a, performed_by: clerk, enables: [b]}
- {id: b, performed_by: {role: clerk, same_as: a}, enables: [c]}
- {id: c, performed_by: {role: clerk, same_as: b}, enables: [d]}
- {id: d, performed_by: {role: clerk, NAMED}}
"""


def _one_person(named: str, **changes: str) -> list[tuple[str, str]]:
    text = ONE_PERSON.replace("NAMED", named)
    for old, new in changes.items():
        text = text.replace(f"id: {old},", f"id: {old}, {new},")
    return told(findings(*(line.removeprefix("- ") for line in text.splitlines())))


def test_atoms_that_one_person_performs_through_others_cannot_be_kept_apart() -> None:
    assert _one_person("not_same_as: [c]") == []
    assert _one_person("same_as: a, not_same_as: [c]") == [("bad_value", "/atoms/3/performed_by/not_same_as/0")]
    assert _one_person("same_as: c, not_same_as: [a]") == [("bad_value", "/atoms/3/performed_by/not_same_as/0")]


def test_it_does_not_matter_which_of_the_two_says_it() -> None:
    found = findings(
        "{id: a, performed_by: {role: clerk, not_same_as: [b]}, enables: [b]}",
        "{id: b, performed_by: {role: clerk, same_as: a}}",
    )
    assert told(found) == [("bad_value", "/atoms/0/performed_by/not_same_as/0")]


def test_several_people_do_the_work_of_a_list_so_what_is_kept_for_one_of_them_may_be_kept_apart() -> None:
    """R14."""
    several = "for_each: {var: [items, []]}, saves: done"
    found = _one_person("same_as: a, not_same_as: [c]", a=several)
    assert "bad_value" not in {code for code, _ in found}
    apart = _one_person("same_as: a, not_same_as: [a]", a=several)
    assert ("bad_value", "/atoms/3/performed_by/not_same_as/0") in apart


@pytest.mark.parametrize("strategy", ["pool", "round_robin", "load_balanced", "manual"])
def test_atoms_of_one_role_may_be_kept_apart_in_any_strategy(strategy: str) -> None:
    first, second = "{id: a, performed_by: chief, enables: [b]}", "{id: b, performed_by: {role: chief, "
    assert findings(first, f"{second}strategy: {strategy}, not_same_as: [a]}}}}") == ()


def _never(*atoms: str) -> list[str]:
    """The pointers of the warnings that somebody may have performed nothing."""
    found = findings(*atoms)
    assert {(finding.code, finding.severity) for finding in found} <= {("never_performed", "warning")}, found
    return [finding.pointer for finding in found]


SAME = "{id: c, performed_by: {role: clerk, same_as: a}}"


def test_who_is_kept_may_not_be_known_where_a_way_leads_past_the_atom() -> None:
    choice = (
        "{id: s, kind: decision, enables: [{to: a, rule: {'==': [{var: [go, true]}, true]}}, {to: c, otherwise: true}]}"
    )
    assert _never(choice, "{id: a, performed_by: clerk, enables: [c]}", SAME) == ["/atoms/2/performed_by/same_as"]
    (finding,) = findings(choice, "{id: a, performed_by: clerk, enables: [c]}", SAME)
    assert "s → c" in finding.message
    assert _never("{id: s, kind: decision, enables: [a]}", "{id: a, performed_by: clerk, enables: [c]}", SAME) == []


def test_an_atom_side_by_side_may_not_be_performed_yet_unless_it_is_waited_for() -> None:
    both = "{id: s, kind: decision, enables: [a, c]}"
    assert _never(both, "{id: a, performed_by: clerk}", SAME) == ["/atoms/2/performed_by/same_as"]
    waits = "{id: c, depends_on: [{atom: a, require: completed}], performed_by: {role: clerk, same_as: a}}"
    assert _never(both, "{id: a, performed_by: clerk}", waits) == []


def test_what_timed_out_was_not_performed() -> None:
    """R11."""
    late = "{id: a, performed_by: clerk, timeout: {after: PT1H}, enables: [c, {to: c, on: timeout}]}"
    assert _never(late, SAME.replace("id: c,", "id: c, join: any,")) == ["/atoms/1/performed_by/same_as"]
    other = "{id: a, performed_by: clerk, timeout: {after: PT1H}, enables: [c, {to: d, on: timeout}]}"
    assert _never(other, SAME, "{id: d, kind: milestone}") == []


def test_an_empty_list_is_performed_by_nobody() -> None:
    """R14: an empty list exits `done` at once."""
    many = "{id: a, performed_by: clerk, for_each: {var: [items, []]}, saves: done, enables: [c]}"
    assert _never(many, SAME) == ["/atoms/1/performed_by/same_as"]


def test_what_undoes_an_atom_may_be_kept_for_who_performed_it() -> None:
    """R13: it runs for completed steps only."""
    undone = "{id: a, performed_by: clerk, compensated_by: c, enables: [d]}"
    assert _never(undone, SAME, "{id: d, performed_by: clerk, compensated_by: e}", "{id: e, performed_by: clerk}") == []


def test_escalating_to_the_own_role_tells_nobody() -> None:
    found = findings("{id: a, performed_by: clerk, escalates_to: clerk}")
    assert [(one.code, one.severity, one.pointer) for one in found] == [
        ("escalates_nowhere", "warning", "/atoms/0/escalates_to")
    ]
    assert findings("{id: a, performed_by: clerk, escalates_to: chief}") == ()


def test_escalating_to_a_role_that_does_not_exist_is_refused() -> None:
    assert told(findings("{id: a, performed_by: clerk, escalates_to: boss}")) == [
        ("unknown_name", "/atoms/0/escalates_to")
    ]


def test_a_performer_that_could_not_be_read_brings_no_further_findings() -> None:
    values: list[Any] = ["[]", "{role: [], same_as: {}, not_same_as: [1, {}], skills: [[], {level: x}]}", "7"]
    for value in values:
        found = findings(f"{{id: a, performed_by: {value}}}", "{id: b, performed_by: clerk, depends_on: [a]}")
        assert found
        assert {finding.code for finding in found} <= {"bad_value", "missing_key", "unknown_name", "unknown_atom"}
