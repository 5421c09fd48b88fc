"""Every verdict of every clock, over random histories of random service levels, against `slow_clocks`."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings

from tests.core.lives import BEFORE_AUTUMN, BEFORE_SPRING, PATIENT, histories, live, walks


def compare(begins: datetime, own: Any, child: Any, history: Any, late: bool) -> None:
    world = live(begins, own, child, history, late=late)
    for process in world.processes:
        world.compare(process, walks(begins), escalations=not late)


@settings(max_examples=30, suppress_health_check=PATIENT)
@histories(BEFORE_AUTUMN)
def test_every_clock_says_what_the_second_implementation_says(
    begins: datetime, own: Any, child: Any, history: Any, late: bool
) -> None:
    compare(begins, own, child, history, late)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, suppress_health_check=PATIENT)
@histories(BEFORE_SPRING, BEFORE_AUTUMN)
def test_every_clock_says_what_the_second_implementation_says_over_many_histories(
    begins: datetime, own: Any, child: Any, history: Any, late: bool
) -> None:
    compare(begins, own, child, history, late)
