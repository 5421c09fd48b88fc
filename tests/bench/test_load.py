"""A round of load: what it counts, and from when it measures."""

import asyncio
import time

import pytest

from bench.drives import NothingLeft
from bench.load import Round

WORK = 0.01


class Busy:
    """A drive whose requests take 10 ms each, one at a time, until `left` are done."""

    def __init__(self, left: int) -> None:
        self._left = left

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """Three operations."""
        if not self._left:
            raise NothingLeft
        self._left -= 1
        until = time.perf_counter() + WORK
        while time.perf_counter() < until:
            pass
        return 3


async def test_a_round_ends_when_nothing_is_left_and_counts_operations_not_requests():
    measured = Round(Busy(left=4), clients=2, seconds=60, rate=None)
    assert await asyncio.wait_for(measured.run(), 30) >= 4 * WORK
    assert (measured.done, len(measured.took)) == (12, 4)


async def test_an_open_loop_measures_from_when_a_request_was_due():
    measured = Round(Busy(left=100), clients=1, seconds=0.05, rate=200)
    await measured.run()
    assert len(measured.took) == 10
    # The tenth was due after 45 ms and is done after ten times 10 ms.
    assert measured.took[-1] == pytest.approx(measured.took[0] + 9 * (WORK - 1 / 200), abs=0.5)
    assert measured.took[-1] > 10 * WORK - 9 / 200


async def test_a_closed_loop_asks_nothing_after_its_time():
    measured = Round(Busy(left=1000), clients=1, seconds=0.05, rate=None)
    await measured.run()
    assert 1 <= len(measured.took) <= 5
