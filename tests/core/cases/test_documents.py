"""Documents in the cases of a journey: as they stand from the start, as they come, and as they must stand."""

import pytest

from engine.cases.playing import Played, play
from engine.cases.reading import read_suite
from engine.cases.versions import Versions, put_together
from engine.loading import load

SALE = """
journey: sale
version: 1.0.0
roles: {clerk: {}}
documents: {deed: {}, photo: {}}
atoms:
  - {id: show, performed_by: clerk, produces: [deed, photo], enables: [sign]}
  - {id: sign, performed_by: clerk, uses: [photo], requires_documents: [deed]}
"""


def versions() -> Versions:
    loaded = load(SALE)
    assert loaded.definition and loaded.routes, loaded.findings
    return put_together((loaded.definition, loaded.routes), ())


def played(case: str) -> Played:
    these = versions()
    result = read_suite(f"journey: sale\ncases:\n  - {{name: one, {case}}}\n", "yaml", these.journey, these.called)
    assert result.suite, result.findings
    return play(result.suite.cases[0], these)


GOOD = {
    "there from the start": "documents: {deed: accepted}, expect: {documents: {deed: accepted, photo: missing}}",
    "it comes later": "leaves: [sign], then: [{document: deed}, {do: sign}]",
    "only received": "leaves: [sign], documents: {deed: received}, expect: {waits_for: [sign]}",
    "refused, and a new one": (
        "leaves: [sign], documents: {deed: refused}, then: [{expect: {documents: {deed: refused}}}, "
        "{document: {document: deed, state: received}}, {expect: {documents: {deed: received}}}, {document: deed}, "
        "{do: sign}]"
    ),
    "refused after it was accepted": (
        "leaves: [sign], documents: {deed: accepted}, "
        "then: [{document: {document: deed, state: refused, reason: no}}], "
        "expect: {waits_for: [sign], documents: {deed: refused}}"
    ),
    "of a process that starts later": "not_before: 2026-02-01, documents: {deed: accepted}, then: [{wait: P60D}]",
}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_a_case_gives_documents_and_says_how_they_must_stand(case: str) -> None:
    one = played(case)
    assert one.passed, (one.stop, one.mismatches)


def test_work_that_requires_a_document_the_case_does_not_give_stops_it_and_says_what_to_write() -> None:
    stop = played("expect: {}").stop
    assert stop is not None
    assert stop.message == "sign cannot be completed before these documents are accepted: deed (missing)."
    assert stop.fix == "Write `documents: {deed: accepted}`, or name `sign` in `leaves` if nobody does it."


def test_a_document_that_stands_otherwise_is_a_mismatch() -> None:
    (mismatch,) = played("documents: {deed: accepted}, expect: {documents: {deed: refused}}").mismatches
    assert (mismatch.what, mismatch.expected, mismatch.happened) == ("documents.deed", "refused", "accepted")


@pytest.mark.parametrize(
    "case", ["documents: {ded: accepted}", "then: [{document: ded}]", "expect: {documents: {other/deed: missing}}"]
)
def test_a_document_that_there_is_none_of_is_found(case: str) -> None:
    these = versions()
    result = read_suite(f"journey: sale\ncases:\n  - {{name: one, {case}}}\n", "yaml", these.journey, these.called)
    assert [one.code for one in result.findings] == ["unknown_name"]
