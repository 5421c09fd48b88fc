"""Leases that ran out (R10)."""

from typing import Any

from engine.commit import Ask
from engine.core.commands import ExpireLease
from engine.core.errors import Conflict, NotFound
from engine.workers.rescuer import Rescuer


class Expired:
    def __init__(self, *leases: tuple[str, int, int]) -> None:
        self.leases = leases

    async def expired(self, limit: int) -> list[tuple[str, int, int]]:
        return list(self.leases[:limit])


class Answers:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    async def many(self, asks: list[Ask]) -> list[Any]:
        self.asked += [(ask.process, ask.command) for ask in asks]
        return [self.answers.pop(0) for _ in asks]


def rescuer(queue: Any, commits: Any, limit: int = 10) -> Rescuer:
    return Rescuer(queue, commits, limit)


async def test_each_lease_is_ended_by_its_process_task_and_token():
    commits = Answers(object(), object())
    assert await rescuer(Expired(("p1", 2, 3), ("p4", 5, 6)), commits).run_once()
    found = [(process, command.task, command.token) for process, command in commits.asked]
    assert found == [("p1", 2, 3), ("p4", 5, 6)]
    assert all(isinstance(command, ExpireLease) for _, command in commits.asked)


async def test_at_most_so_many_at_once():
    commits = Answers(object())
    assert await rescuer(Expired(("p1", 2, 3), ("p4", 5, 6)), commits, limit=1).run_once()
    assert len(commits.asked) == 1


async def test_one_that_was_answered_meanwhile_keeps_no_other_from_being_ended():
    assert await rescuer(Expired(("p1", 2, 3), ("p4", 5, 6)), Answers(Conflict("lease_lost"), object())).run_once()


async def test_where_all_are_refused_there_is_nothing_more_to_do_now():
    refusals = Answers(Conflict("lease_lost"), NotFound("process_not_found"))
    assert not await rescuer(Expired(("p1", 2, 3), ("p4", 5, 6)), refusals).run_once()


async def test_without_such_leases_nothing_is_asked():
    commits = Answers()
    assert not await rescuer(Expired(), commits).run_once()
    assert not commits.asked
