"""What the clients of a load do. A drive makes one request at a time for each client and says how much it did.

There may be more connections than clients: all of them put in place what the load needs.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from bench import floor
from bench.paths import Way, chain
from bench.wire import Refused, Wire
from engine import clock

BULK: Final = 100
"""Items of one request that completes many tasks."""


class NothingLeft(Exception):
    """Everything that was put in place has been used up."""


class Drive(Protocol):
    """A kind of request."""

    async def provide(self, operations: int) -> None:
        """Puts in place what at least that many operations need."""
        ...

    async def once(self, client: int) -> int:
        """Makes one request for this client; gives the operations in it.

        Raises:
            NothingLeft: when what was provided is used up.
            Refused: when the server refuses.
        """
        ...


class _Started(msgspec.Struct):
    atom: str
    task: str | None = None


class _Process(msgspec.Struct):
    open_tasks: list[str]


class _Completed(msgspec.Struct):
    started: list[_Started]

    def tasks(self) -> Iterator[tuple[str, str]]:
        """(atom, task) of what people can do now."""
        return ((one.atom, one.task) for one in self.started if one.task)


class _Result(msgspec.Struct):
    status: int
    answer: _Completed | None = None
    problem: msgspec.Raw | None = None


class _Results(msgspec.Struct):
    items: list[_Result]


_NOTHING: Final = b'{"output":{}}'
_PROCESS: Final = msgspec.json.Decoder(_Process)
_COMPLETED: Final = msgspec.json.Decoder(_Completed)
_RESULTS: Final = msgspec.json.Decoder(_Results)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who makes the requests: as many clients, on connections of which there may be more, along a way."""

    wires: Sequence[Wire]
    clients: int
    way: Way


class Keys:
    """Idempotency keys and business keys of one load, none of them ever used before."""

    def __init__(self) -> None:
        self._run = clock.new_id()
        self._numbers = itertools.count()

    def next(self) -> str:
        """One more."""
        return f"{self._run}-{next(self._numbers)}"


class Starting:
    """Each operation starts a case with a business key of its own."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._keys = Keys()

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """One start."""
        await self.start(client)
        return 1

    async def start(self, client: int) -> str:
        """Starts a case; gives the id of its first task."""
        key = self._keys.next()
        answer = await self._crew.wires[client].post("/api/processes", self._crew.way.start_body(key), key)
        return _PROCESS.decode(answer).open_tasks[0]


class Cases:
    """Cases that were started and not yet begun, as the ids of their first tasks."""

    def __init__(self, crew: Crew) -> None:
        self._starting = Starting(crew)
        self._hands = len(crew.wires)
        self._way = crew.way
        self._first: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._first)

    async def provide(self, number: int) -> None:
        """Starts cases until there are as many, over all connections."""
        missing = itertools.repeat(None, max(number - len(self._first), 0))

        async def hand(client: int) -> None:
            for _ in missing:  # the hands share it
                self._first.append(await self._starting.start(client))

        await asyncio.gather(*map(hand, range(self._hands)))

    def take(self) -> tuple[str, str]:
        """(atom, task) at which the next case begins.

        Raises:
            NothingLeft: when all were taken.
        """
        if not self._first:
            raise NothingLeft
        return self._way.first, self._first.popleft()


class Completing:
    """Each operation completes a task. Every client leads a case of its own to its end, and then the next."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._cases = Cases(crew)
        self._keys = Keys()
        self._bodies = {atom: msgspec.json.encode({"output": given}) for atom, given in crew.way.outputs.items()}
        self._open: list[deque[tuple[str, str]]] = [deque() for _ in range(crew.clients)]

    async def provide(self, operations: int) -> None:
        """Starts the cases."""
        await self._cases.provide(operations // self._crew.way.completions + self._crew.clients)

    async def once(self, client: int) -> int:
        """One completion."""
        open_tasks = self._open[client]
        atom, task = open_tasks.popleft() if open_tasks else self._cases.take()
        body = self._bodies.get(atom, _NOTHING)
        answer = await self._crew.wires[client].post(f"/api/tasks/{task}/complete", body, self._keys.next())
        open_tasks.extend(_COMPLETED.decode(answer).tasks())
        return 1


class Turning:
    """Each operation completes a task of a case that goes round and round: so its history grows, and nothing else.

    A client leads one case from the time it has the events its way asks for until it has twice as many, then the next.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._cases = Cases(crew)
        self._keys = Keys()
        self._ready: deque[str] = deque()
        self._led: dict[int, tuple[str, int]] = {}

    async def provide(self, operations: int) -> None:
        """Starts the cases and leads them to their age."""
        way = self._crew.way
        needed = max(operations // way.completions + 1 + self._crew.clients - len(self._ready), 0)
        await self._cases.provide(needed)

        async def lead(hand: int) -> None:
            while len(self._cases):
                _, task = self._cases.take()
                for _ in range(way.completions):
                    task = await self._turn(hand, task)
                self._ready.append(task)

        await asyncio.gather(*map(lead, range(len(self._crew.wires))))

    async def once(self, client: int) -> int:
        """One completion."""
        task, left = self._led.pop(client, ("", 0))
        if not left:
            if not self._ready:
                raise NothingLeft
            task, left = self._ready.popleft(), self._crew.way.completions
        self._led[client] = await self._turn(client, task), left - 1
        return 1

    async def _turn(self, wire: int, task: str) -> str:
        """Completes the task; gives the next of its case."""
        answer = await self._crew.wires[wire].post(f"/api/tasks/{task}/complete", _NOTHING, self._keys.next())
        return next(task for _, task in _COMPLETED.decode(answer).tasks())


class Publishing:
    """Each operation loads, checks and publishes a journey of 1,000 atoms that nobody has seen before."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._keys = Keys()

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """One journey."""
        key = self._keys.next()
        document = chain(1000, f"bench-{key}")()
        await self._crew.wires[client].post("/api/journeys?publish=true", document, key)
        return 1


class CompletingMany:
    """Each request completes 100 tasks, one of each of the 100 cases that its client leads side by side."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._cases = Cases(crew)
        self._keys = Keys()
        self._open: list[list[deque[tuple[str, str]]]] = [[deque() for _ in range(BULK)] for _ in range(crew.clients)]

    async def provide(self, operations: int) -> None:
        """Starts the cases."""
        await self._cases.provide(operations // self._crew.way.completions + BULK * self._crew.clients)

    async def once(self, client: int) -> int:
        """100 completions."""
        cases = self._open[client]
        if sum(not open_tasks for open_tasks in cases) > len(self._cases):
            raise NothingLeft
        items: list[dict[str, object]] = []
        for open_tasks in cases:
            atom, task = open_tasks.popleft() if open_tasks else self._cases.take()
            output = self._crew.way.output(atom)
            items.append({"task_id": task, "output": output, "idempotency_key": self._keys.next()})
        body = msgspec.json.encode({"items": items})
        answer = await self._crew.wires[client].post("/api/tasks/complete", body, self._keys.next())
        for open_tasks, result in zip(cases, _RESULTS.decode(answer).items, strict=True):
            if result.answer is None:
                raise Refused(bytes(result.problem or b"no answer").decode())
            open_tasks.extend(result.answer.tasks())
        return BULK


class Claiming:
    """Each operation takes a task of the own role: the first of a case that was started for it."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._cases = Cases(crew)
        self._keys = Keys()

    async def provide(self, operations: int) -> None:
        """Starts the cases."""
        await self._cases.provide(operations)

    async def once(self, client: int) -> int:
        """One claim."""
        _, task = self._cases.take()
        await self._crew.wires[client].post(f"/api/tasks/{task}/claim", b"", self._keys.next())
        return 1


class Looking:
    """Each operation reads the first page of the inbox, as it comes without a limit."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """One page."""
        await self._crew.wires[client].get("/api/tasks/inbox")
        return 1


class FloorRoute:
    """Each operation asks the floor's route for its one change."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._keys = Keys()
        self._processes = itertools.cycle(range(floor.PROCESSES))

    async def provide(self, operations: int) -> None:
        """Nothing is needed."""

    async def once(self, client: int) -> int:
        """One change."""
        path = f"/floor/{next(self._processes)}"
        await self._crew.wires[client].post(path, floor.BODY, self._keys.next())
        return 1


OVER_HTTP: Final[dict[str, Callable[[Crew], Drive]]] = {
    "floor": FloorRoute,
    "start": Starting,
    "complete": Completing,
    "complete-many": CompletingMany,
    "turn": Turning,
    "publish": Publishing,
    "claim": Claiming,
    "inbox": Looking,
}
"""By the name that a bench gives."""
