"""An engine in memory that gives out work, and the people it gives it to: what the resource patterns are shown on."""

from collections.abc import Iterable
from typing import Any

from engine.core.callers import Caller
from engine.core.commands import CompleteTask
from engine.core.organisation import Organisation, Skill, User
from engine.core.process import Process, Task
from engine.workers.assigner import Assigner
from tests.engine.in_memory import InMemory
from tests.fakes.organisation import FixedStaff


class Firm:
    """Clerks and chiefs, and the processes they work on; what the engine gives out it has given after each command."""

    def __init__(self) -> None:
        self.engine = InMemory()
        self.staff = FixedStaff()
        queue, journeys, commits = self.engine.memory.assignment_queue, self.engine.journeys, self.engine.commits
        self._assigner = Assigner(queue, self.staff, journeys, commits, 200, 100, 15)

    def employs(self, *users: User) -> None:
        """These are all who there are from now on."""
        self.staff.organisation = Organisation.of(0, users, (), ())

    def caller(self, id: str, *permissions: str) -> Caller:
        """Somebody of the organisation, as they call; with these permissions besides."""
        staff = self.staff.organisation
        user, able = staff.users[id], staff.users[id].able(self.engine.clock.time)
        return Caller(id, user.roles, frozenset(permissions), able, staff.managed_by(id), staff.led_by(id))

    async def runs(self, atoms: str, times: int = 1, **context: Any) -> list[str]:
        """Publishes a journey of these atoms and starts it so often; gives the processes."""
        journey = await self.engine.publish(atoms)
        started = [await self.engine.start(journey, **context) for _ in range(times)]
        await self.gives_out()
        return started

    async def gives_out(self) -> None:
        """Lets the engine give out what waits for somebody."""
        while await self._assigner.run_once():
            pass

    async def does(self, process: str, command: Any) -> list[str]:
        """One command; gives the types of the events it came to."""
        answer = await self.engine.give(process, command)
        await self.gives_out()
        assert isinstance(answer.body, list)
        return [str(name) for name in answer.body]

    async def done(self, process: str, atom: str, by: str) -> list[str]:
        """Somebody completes the open task of an atom."""
        return await self.does(process, CompleteTask(self.caller(by), self.task(process, atom).n, {}))

    def process(self, id: str) -> Process:
        """Its marking."""
        return self.engine.process(id)

    def task(self, process: str, atom: str) -> Task:
        """The open task of an atom."""
        (task,) = [task for task in self.process(process).open_tasks() if task.atom == atom]
        return task

    def whose(self, processes: Iterable[str]) -> list[str | None]:
        """Who has the open tasks of these, one after the other."""
        return [task.assignee for process in processes for task in self.process(process).open_tasks()]


def person(id: str, *roles: str, skills: dict[str, int] | None = None, **facts: Any) -> User:
    """A user with these roles, a clerk where none is said."""
    able = tuple(Skill(name, level) for name, level in (skills or {}).items())
    return User(id, id, roles=frozenset(roles or ("clerk",)), skills=able, **facts)
