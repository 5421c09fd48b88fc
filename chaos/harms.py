"""The kinds of harm, and who does them: three harmers side by side, each with its own stream of chance.

A harmer does the kind that was done least, heals what it broke, and lets a moment pass. What one breaks another may
find broken already. The dooms of victims (`chaos.victim`) are dealt here too, so that every point gets its turn.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from chaos.rig import Rig
from chaos.victim import Doom
from chaos.victims import Role, Victims
from chaos.wires import Loss
from engine.points import Point


class Kind(StrEnum):
    """What can be done to whom. The kinds with `at-` are the victims' own doing at a named point."""

    KILL_API = "kill-api"
    KILL_WORKERS = "kill-workers"
    STOP_API = "stop-api"
    STOP_WORKERS = "stop-workers"
    KILL_POSTMASTER = "kill-postmaster"
    KILL_BACKEND = "kill-backend"
    CUT_POSTGRES = "cut-postgres"
    STALL_POSTGRES = "stall-postgres"
    LOSE_BEFORE_COMMIT = "lose-before-commit"
    LOSE_COMMIT = "lose-commit"
    LOSE_COMMITTED = "lose-committed"
    KILL_NEO4J = "kill-neo4j"
    STOP_NEO4J = "stop-neo4j"
    CUT_NEO4J = "cut-neo4j"
    LOSE_GRAPH_COMMIT = "lose-graph-commit"
    LOSE_GRAPH_COMMITTED = "lose-graph-committed"


PROCESSES: Final = (Kind.KILL_WORKERS, Kind.KILL_API, Kind.STOP_WORKERS, Kind.STOP_API)
DATABASE: Final = (
    Kind.KILL_BACKEND,
    Kind.CUT_POSTGRES,
    Kind.LOSE_BEFORE_COMMIT,
    Kind.LOSE_COMMIT,
    Kind.LOSE_COMMITTED,
    Kind.STALL_POSTGRES,
    Kind.KILL_POSTMASTER,
)
GRAPH: Final = (
    Kind.CUT_NEO4J,
    Kind.LOSE_GRAPH_COMMIT,
    Kind.LOSE_GRAPH_COMMITTED,
    Kind.STOP_NEO4J,
    Kind.KILL_NEO4J,
)

POINTS: Final[Mapping[Role, tuple[Point, ...]]] = {
    "api": (Point.AFTER_LOCK, Point.BEFORE_COMMIT, Point.AFTER_COMMIT, Point.BEFORE_ANSWER),
    "workers": tuple(point for point in Point if point is not Point.BEFORE_ANSWER),
}
"""The points that processes of a role come to."""

_LEASE: Final = 2.0
"""Seconds of the leases in the campaign's journeys."""
_MOST_HITS: Final[Mapping[Role, int]] = {"api": 60, "workers": 4}
"""How often a process comes to its point at the most, before it meets its doom."""
_RARE: Final = frozenset(
    {
        *(Point.AFTER_CLAIM, Point.AFTER_ACTION, Point.BEFORE_FIRING, Point.BEFORE_TAKING_UP, Point.BEFORE_EXPIRING),
        Point.BEFORE_ASSIGNING,
    }
)
"""Points that a process comes to only now and then: the first time will do."""
_PATIENCE: Final = 12.0
"""Seconds in which a process has to come to its point."""
_MOMENT: Final = 1.5
"""Seconds within which a connection around a COMMIT is there to be lost."""


def kinds() -> list[str]:
    """Every kind of harm by its name, those at points included."""
    return [*Kind, *(f"at-{point.replace('_', '-')}" for point in Point)]


@dataclass(slots=True)
class Harms:
    """What has been done so far, by the name of the kind; and the seed's streams of chance."""

    seed: str
    only: Collection[str]
    done: Counter[str]
    notes: Path
    """Where victims note what they do to themselves."""
    over: bool = False
    """Whoever is born from now on lives."""

    _dealing: random.Random = field(init=False)
    _dealt: Counter[Point] = field(default_factory=Counter[Point], init=False)

    def __post_init__(self) -> None:
        self._dealing = random.Random(f"{self.seed}/dooms")

    def wanted(self, kind: str) -> bool:
        """Whether the campaign does harm of this kind."""
        return not self.only or kind in self.only

    def doom(self, role: Role) -> Doom | None:
        """A point that processes of this role come to; mostly to be killed there, else to be stopped."""
        points = [point for point in POINTS[role] if self.wanted(_at(point)) and not self.over]
        if not points:
            return None
        # Each in its turn, and in between the one that is behind: a point that few come to must not hold up the others.
        turn = sum(self._dealt.values()) % 2
        point = min(points, key=lambda one: (turn * self.done[_at(one)], self._dealt[one], self._dealing.random()))
        self._dealt[point] += 1
        hits = 1 if point in _RARE else self._dealing.randint(1, _MOST_HITS[role])
        return Doom(point, hits, "stop" if self._dealing.random() < 0.15 else "kill", self.notes)

    async def watch_points(self, victims: Victims, over: asyncio.Event) -> None:
        """Counts what victims do to themselves, and continues those that stopped, after their leases have run out."""
        read, waking = 0, set[asyncio.Task[None]]()
        while not over.is_set():
            lines = self.notes.read_text("utf-8").splitlines() if self.notes.exists() else []
            for line in lines[read:]:
                pid, deed, point = line.split()
                self.done[_at(Point(point))] += 1
                if deed == "stop":
                    waking.add(asyncio.create_task(_wake(int(pid), over)))
            read = len(lines)
            victims.give_up(_PATIENCE)
            await asyncio.sleep(0.1)
        await asyncio.gather(*waking)


class Harmer:
    """Does some kinds of harm, one at a time. `pause` is the mean of the seconds between two."""

    def __init__(self, harms: Harms, name: str, kinds: Collection[Kind], rig: Rig, victims: Victims) -> None:
        self._harms = harms
        self._kinds = [kind for kind in kinds if harms.wanted(kind)]
        self._rig = rig
        self._victims = victims
        self._chance = random.Random(f"{harms.seed}/{name}")

    async def harm(self, over: asyncio.Event, enough: Callable[[str], bool], pause: float) -> None:
        """Goes on until `over` is set or it is `enough` of each kind; what it broke is whole again then."""
        while not over.is_set() and (left := [kind for kind in self._kinds if not enough(kind)]):
            kind = min(left, key=self._turn)
            if await _DEEDS[kind](self):
                self._harms.done[kind] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(pause * 2 * self._chance.random()):
                    await over.wait()

    def _turn(self, kind: Kind) -> tuple[float, float]:
        return self._harms.done[kind] / times(kind), self._chance.random()

    async def kill(self, role: Role) -> bool:
        """kill -9 of one process of the engine."""
        alive = self._victims.of(role)
        if alive:
            self._victims.send(self._chance.choice(alive), signal.SIGKILL)
        return bool(alive)

    async def stop(self, role: Role, seconds: float) -> bool:
        """One process of the engine stands still; what it holds runs out meanwhile."""
        alive = self._victims.of(role)
        if not alive:
            return False
        victim = self._chance.choice(alive)
        pid = victim.pid
        self._victims.send(victim, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        return True

    async def kill_backend(self) -> bool:
        """kill -9 of a process that serves a connection: PostgreSQL ends all others and recovers."""
        backends = self._rig.postgres.backends()
        if backends:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(backends), signal.SIGKILL)
        return bool(backends)

    async def kill_server(self, which: str) -> bool:
        """kill -9 of a server, which is away for a moment, and its start."""
        server = self._rig.postgres if which == "postgres" else self._rig.neo4j
        await server.kill()
        await asyncio.sleep(0.5 * self._chance.random())
        await server.start_again()
        return True

    async def stop_neo4j(self) -> bool:
        """The JVM stands still."""
        pid = self._rig.neo4j.pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(1 + self._chance.random())
        os.kill(pid, signal.SIGCONT)
        return True

    async def cut(self, which: str) -> bool:
        """Every connection is dropped; now and then none is let through for a moment."""
        wire = self._rig.postgres_wire if which == "postgres" else self._rig.neo4j_wire
        wire.cut_all()
        await asyncio.sleep(self._chance.choice((0, 0, 0.2, 0.5)))
        wire.mend()
        return True

    async def stall(self) -> bool:
        """Nothing gets through to PostgreSQL, and nobody is told."""
        self._rig.postgres_wire.stall()
        await asyncio.sleep(0.5 + 2 * self._chance.random())
        self._rig.postgres_wire.mend()
        return True

    async def lose(self, which: str, loss: Loss) -> bool:
        """A connection is lost around a COMMIT; says whether there was one to lose."""
        wire = self._rig.postgres_wire if which == "postgres" else self._rig.neo4j_wire
        before = wire.lost
        wire.lose(loss)
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                while wire.lost == before:  # noqa: ASYNC110 - what is waited for is any of many connections
                    await asyncio.sleep(0.01)
        wire.forgive()
        return wire.lost > before


def times(kind: str) -> int:
    """How often a kind is done for each time that another is: workers are killed more than anybody else."""
    return 3 if kind == Kind.KILL_WORKERS else 1


_DEEDS: Final[Mapping[Kind, Callable[[Harmer], Awaitable[bool]]]] = {
    Kind.KILL_API: lambda harmer: harmer.kill("api"),
    Kind.KILL_WORKERS: lambda harmer: harmer.kill("workers"),
    Kind.STOP_API: lambda harmer: harmer.stop("api", 0.5),
    Kind.STOP_WORKERS: lambda harmer: harmer.stop("workers", _LEASE + 0.5),
    Kind.KILL_POSTMASTER: lambda harmer: harmer.kill_server("postgres"),
    Kind.KILL_BACKEND: lambda harmer: harmer.kill_backend(),
    Kind.CUT_POSTGRES: lambda harmer: harmer.cut("postgres"),
    Kind.STALL_POSTGRES: lambda harmer: harmer.stall(),
    Kind.LOSE_BEFORE_COMMIT: lambda harmer: harmer.lose("postgres", Loss.BEFORE),
    Kind.LOSE_COMMIT: lambda harmer: harmer.lose("postgres", Loss.SENT),
    Kind.LOSE_COMMITTED: lambda harmer: harmer.lose("postgres", Loss.ANSWERED),
    Kind.KILL_NEO4J: lambda harmer: harmer.kill_server("neo4j"),
    Kind.STOP_NEO4J: lambda harmer: harmer.stop_neo4j(),
    Kind.CUT_NEO4J: lambda harmer: harmer.cut("neo4j"),
    Kind.LOSE_GRAPH_COMMIT: lambda harmer: harmer.lose("neo4j", Loss.SENT),
    Kind.LOSE_GRAPH_COMMITTED: lambda harmer: harmer.lose("neo4j", Loss.ANSWERED),
}


def _at(point: Point) -> str:
    return f"at-{point.replace('_', '-')}"


async def _wake(pid: int, over: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEASE + 0.5):
            await over.wait()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
