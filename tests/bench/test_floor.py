"""The floor does what it says: one UPDATE and two INSERTs for each change, singly or together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psycopg
import pytest

from bench import floor
from bench.floor import Floor, Grouping


@pytest.fixture
async def opened(empty_postgres_url: str) -> AsyncIterator[Floor]:
    """The floor on a database of this test's own, over one connection."""
    await floor.prepare(empty_postgres_url)
    async with AsyncExitStack() as stack:
        yield await Floor.open(stack, empty_postgres_url, 1)


def written(url: str) -> tuple[dict[int, int], list[tuple[int, int]], set[str]]:
    """What the processes that changed stand at, the events as (process, seq) in order, and the keys of the answers."""
    with psycopg.connect(url) as connection:
        processes = connection.execute("SELECT id, seq FROM bench_floor.processes WHERE seq > 0").fetchall()
        events = connection.execute("SELECT process, seq FROM bench_floor.events ORDER BY 1, 2").fetchall()
        answers = connection.execute("SELECT key FROM bench_floor.answers").fetchall()
    return dict(processes), events, {key for (key,) in answers}


async def test_a_single_change_is_an_event_and_an_answer(opened: Floor, empty_postgres_url: str):
    await opened.change((7, "a", "{}"))
    assert written(empty_postgres_url) == ({7: 1}, [(7, 1)], {"a"})


async def test_changes_together_are_as_many_as_singly_with_two_of_one_process_too(
    opened: Floor, empty_postgres_url: str
):
    await opened.change((7, "a", "{}"))
    await opened.change_all([(7, "b", "{}"), (8, "c", "{}"), (7, "d", "{}")])
    assert written(empty_postgres_url) == ({7: 3, 8: 1}, [(7, 1), (7, 2), (7, 3), (8, 1)], {"a", "b", "c", "d"})


async def test_grouping_writes_what_arrives_during_a_commit_with_the_next(opened: Floor, empty_postgres_url: str):
    grouping = Grouping(opened)
    await asyncio.gather(*(grouping((n % 5, f"k{n}", "{}")) for n in range(250)))
    processes, events, answers = written(empty_postgres_url)
    assert processes == dict.fromkeys(range(5), 50)
    assert len(events) == len(answers) == 250


async def test_a_change_that_fails_is_told_to_those_of_its_group_and_to_no_later_one(opened: Floor):
    grouping = Grouping(opened)
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        await grouping((1, "a", "no json"))
    await grouping((1, "b", "{}"))
