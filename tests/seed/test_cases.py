"""The example cases of the seed journeys pass, and go through every edge and every atom."""

import pytest

from cli.calendars import known_calendars
from engine.cases.coverage import coverage_of
from engine.cases.playing import play
from engine.cases.reading import read_suite
from engine.cases.versions import put_together
from engine.loading import load
from tests.seed.walk import JOURNEYS


@pytest.mark.parametrize("name", ["fha-purchase", "leave-approval", "invoice-approval"])
def test_the_cases_of_a_seed_journey_pass_and_cover_it_whole(name: str):
    document = JOURNEYS / f"{name}.yaml"
    loaded = load(document.read_bytes())
    assert loaded.definition
    assert loaded.routes
    versions = put_together((loaded.definition, loaded.routes), (), known_calendars(document, ()))
    read = read_suite((JOURNEYS / f"{name}.cases.yaml").read_bytes(), "yaml", versions.journey, versions.called)
    assert read.suite, read.findings
    played = [play(case, versions) for case in read.suite.cases]
    assert not [(one.case.name, one.stop, one.mismatches) for one in played if not one.passed]
    coverage = coverage_of(versions.journey, [history for one in played for _, history in one.histories])
    assert coverage.full, (coverage.never_taken, coverage.never_reached)
