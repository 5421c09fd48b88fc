"""Service levels in the cases of a journey: how the clocks of its document stand once it has been played."""

import pytest

from engine.cases.playing import Played, play
from engine.cases.reading import read_suite
from engine.cases.versions import Versions, put_together
from engine.loading import load

LOAN = """
journey: loan
version: 1.0.0
roles: {clerk: {}, chief: {}}
sla: {target: P10D}
phases:
  - id: front
    sla: {target: P2D}
    atoms:
      - id: ask
        performed_by: clerk
        sla: {target: P1D, escalations: [{after: P3D, role: chief, priority: critical}]}
        enables: [sign]
  - id: sign
    sla: {target: P1D}
    atoms: [{id: sign, performed_by: clerk, sla: {target: PT1H, pauses_on: [blocked]}, enables: [file]},
            {id: file, performed_by: clerk}]
"""


def versions() -> Versions:
    loaded = load(LOAN)
    assert loaded.definition and loaded.routes, loaded.findings
    return put_together((loaded.definition, loaded.routes), ())


def played(case: str) -> Played:
    these = versions()
    result = read_suite(f"journey: loan\ncases:\n  - {{name: one, {case}}}\n", "yaml", these.journey, these.called)
    assert result.suite, result.findings
    return play(result.suite.cases[0], these)


GOOD = {
    "all in time": "expect: {service_levels: {ask: met, front: met, sign: met, loan: met}}",
    "it begins": "leaves: [ask], expect: {waits_for: [ask], service_levels: {ask: on_track, front: on_track}}",
    "a quarter before": (
        "leaves: [ask], then: [{wait: PT23H45M}], expect: {waits_for: [ask], service_levels: {ask: at_risk}}"
    ),
    "too late, the phase in time": (
        "leaves: [ask], then: [{wait: P1D}, {expect: {service_levels: {ask: breached}}}, {do: ask}], "
        "expect: {service_levels: {ask: breached, front: met, loan: met}}"
    ),
    "of an atom and a phase of one name the atom's": (
        "leaves: [sign], then: [{wait: PT2H}], expect: {waits_for: [sign], service_levels: {sign: breached}}"
    ),
    "escalated": (
        "leaves: [ask], then: [{wait: P3D}], "
        "expect: {waits_for: [ask], tasks: {ask: {priority: critical}}, service_levels: {front: breached}}"
    ),
}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_a_case_that_is_right(case: str) -> None:
    found = played(case)
    assert found.passed, (found.mismatches, found.stop)


def test_a_service_level_that_is_otherwise_is_told() -> None:
    found = played(
        "leaves: [ask], then: [{wait: P1D}, {do: ask}], expect: {service_levels: {ask: met, sign: breached}}"
    )
    assert [(one.what, one.expected, one.happened) for one in found.mismatches] == [
        ("service_levels.ask", "met", "breached"),
        ("service_levels.sign", "breached", "met"),
    ]
    found = played("leaves: [ask], expect: {waits_for: [ask], service_levels: {sign: met}}")
    assert [(one.what, one.happened) for one in found.mismatches] == [("service_levels.sign", None)]


@pytest.mark.parametrize("name", ["file", "fornt"])
def test_what_has_none_by_the_document_is_refused(name: str) -> None:
    these = versions()
    text = f"journey: loan\ncases:\n  - {{name: one, expect: {{service_levels: {{{name}: met}}}}}}\n"
    (finding,) = read_suite(text, "yaml", these.journey, these.called).findings
    pointer = f"/cases/0/expect/service_levels/{name}"
    assert (finding.code, finding.pointer) == ("unknown_name", pointer)
    assert "`front`" in finding.fix
