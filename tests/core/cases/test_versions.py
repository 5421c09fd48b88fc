"""The versions that cases run on are pinned to the highest in range of the documents that are given (R15)."""

import pytest

from engine.loading.calls import NotPublished
from tests.core.cases.orders import ORDER, SHIPPING, versions

NEWER = SHIPPING.replace("1.2.0", "1.3.0")
BEYOND = SHIPPING.replace("1.2.0", "2.0.0")
OVER = """\
journey: over
version: 1.0.0
atoms:
  - {id: atom-order, kind: subjourney, calls: order@1.0.0, saves: order,
     input: {parts: [], price: 1}, output: [paid]}
"""


def test_a_call_is_pinned_to_the_highest_version_in_its_range():
    these = versions(ORDER, SHIPPING, BEYOND, NEWER)
    assert these.journey.routes["atom-ship"].calls == "shipping@1.3.0"
    assert set(these.all) == {"order@1.0.0", "shipping@1.3.0"}
    assert these.called["shipping"].ref == "shipping@1.3.0"


def test_what_a_called_journey_calls_is_there_too_and_what_nobody_calls_is_not():
    these = versions(OVER, ORDER, SHIPPING, SHIPPING.replace("journey: shipping", "journey: other"))
    assert set(these.all) == {"over@1.0.0", "order@1.0.0", "shipping@1.2.0"}
    assert set(these.called) == {"order", "shipping"}


def test_a_call_that_no_document_answers_is_refused():
    with pytest.raises(NotPublished, match=r"`atom-ship` calls shipping@\^1.0"):
        versions(ORDER, BEYOND)
