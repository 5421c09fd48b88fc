"""The contract's table "What is refused when a graph is loaded", on a document with every construct: wrong in one way
it has that one finding, at the very key or value that is wrong; and what is almost wrong is not refused.
"""

import pytest

from tests.core.loading.orders import ORDER, errors, order
from tests.core.loading.right_orders import NEAR_MISSES
from tests.core.loading.wrong_orders import WRONG, Wrong


def test_the_document_with_every_construct_is_right() -> None:
    assert errors(ORDER) == []


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_document_that_is_wrong_in_one_way_has_one_finding_at_the_very_place(case: Wrong) -> None:
    code, pointer, *changes = case
    wrong = order(*changes)
    assert wrong.place is not None
    found = [(finding.code, finding.pointer, (finding.line, finding.column)) for finding in errors(wrong.text)]
    assert found == [(code, pointer, wrong.place)]


@pytest.mark.parametrize("changes", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_is_almost_wrong_is_not_refused(changes: tuple[tuple[str, str], ...]) -> None:
    assert errors(order(*changes).text) == []


def test_there_are_enough_of_both() -> None:
    """Issue 4, Must be shown."""
    assert len(WRONG) >= 60
    assert len(NEAR_MISSES) >= 25
