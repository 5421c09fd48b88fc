"""The engine's processes, kept alive: whoever of them dies is born again, with a doom of its own."""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from chaos.victim import Doom

Role = Literal["api", "workers"]

_ROOT: Final = Path(__file__).resolve().parent.parent
_BREATH: Final = 0.1
"""Seconds between a death and the next birth, as a supervisor would leave."""
_GRACE: Final = 12.0
"""Seconds in which a process that is asked to end has to; the contract says 10."""


@dataclass(slots=True)
class Victim:
    """One place in the house, and the process that fills it now (`pid` is 0 between two).

    Those of a `doomed` place are born with a doom, if one is dealt; nobody else kills them, so that they meet it.
    """

    name: str
    role: Role
    program: Sequence[str]
    doomed: bool
    doom: Doom | None = None
    pid: int = 0
    born: float = 0
    lives: int = 0
    ends: Counter[int] = field(default_factory=Counter[int])
    """How its lives ended: by the signal as a negative number, or by an exit status."""


class Nursery:
    """The process that forks victims (`chaos.nursery`), and what it says of them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._births: asyncio.Queue[int] = asyncio.Queue()
        self._ordering = asyncio.Lock()
        self._ended: dict[int, int] = {}
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, log: Path) -> "Nursery":
        """Starts it; its first child takes a while, as the engine is imported then."""
        with log.open("a") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "chaos.nursery",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                cwd=_ROOT,
            )
        return cls(process)

    async def bear(self, doom: Doom | None, program: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Forks a victim; gives its pid."""
        order = {"doom": str(doom or "-"), "program": [*program], "environment": {**environment}, "log": str(log)}
        assert self._process.stdin
        async with self._ordering:
            self._process.stdin.write(f"{json.dumps(order)}\n".encode())
            return await self._births.get()

    async def over(self, pid: int) -> int:
        """Waits for a victim's end; gives its exit status, or the signal as a negative number."""
        if (status := self._ended.pop(pid, None)) is not None:
            return status
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[pid] = ended
        try:
            return await ended
        finally:
            del self._waiting[pid]

    async def close(self) -> None:
        """Ends it, and by force every victim that is left."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()
        self._reading.cancel()

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if "status" not in said:
                self._births.put_nowait(said["pid"])
                continue
            status = os.waitstatus_to_exitcode(said["status"])
            waiting = self._waiting.get(said["pid"])
            if waiting and not waiting.done():
                waiting.set_result(status)
            else:
                self._ended[said["pid"]] = status


class Victims:
    """Every process of the engine. `doom` says what the next one of a role is born to meet."""

    def __init__(
        self, nursery: Nursery, environment: Mapping[str, str], logs: Path, doom: Callable[[Role], Doom | None]
    ) -> None:
        self._nursery = nursery
        self._environment = environment
        self._logs = logs
        self._doom = doom
        self._all: list[Victim] = []
        self._keeping: list[asyncio.Task[None]] = []
        self._leaving = asyncio.Event()

    def __iter__(self) -> Iterator[Victim]:
        return iter(self._all)

    def of(self, role: Role) -> list[Victim]:
        """Those of a role that are alive and free to be killed by others."""
        return [victim for victim in self._all if victim.role == role and victim.pid and not victim.doom]

    def keep(self, victim: Victim) -> None:
        """Fills this place from now on."""
        self._all.append(victim)
        self._keeping.append(asyncio.create_task(self._keep(victim)))

    def send(self, victim: Victim, number: signal.Signals) -> None:
        """A signal to whoever fills the place now."""
        if victim.pid:
            with suppress(ProcessLookupError):
                os.kill(victim.pid, number)

    def kill_all(self) -> None:
        """kill -9 of every process at once; those that stand still are killed as well."""
        for victim in self._all:
            self.send(victim, signal.SIGKILL)

    def give_up(self, seconds: float) -> None:
        """kill -9 of those that have not met their doom in so many seconds: the next one's may be nearer."""
        for victim in self._all:
            if victim.doom and victim.pid and time.monotonic() - victim.born > seconds:
                self.send(victim, signal.SIGKILL)

    async def end(self) -> list[str]:
        """Asks every process to end in good order; gives the names of those that did not, which are killed."""
        self._leaving.set()
        for victim in self._all:
            self.send(victim, signal.SIGCONT)
            self.send(victim, signal.SIGTERM)
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=_GRACE)
        stubborn = [victim.name for victim in self._all if victim.pid]
        for victim in self._all:
            self.send(victim, signal.SIGKILL)
        await asyncio.gather(*self._keeping)
        return stubborn

    async def _keep(self, victim: Victim) -> None:
        while not self._leaving.is_set():
            log = self._logs / f"{victim.name}.log"
            victim.doom = self._doom(victim.role) if victim.doomed else None
            victim.pid = await self._nursery.bear(victim.doom, victim.program, self._environment, log)
            victim.born = time.monotonic()
            victim.lives += 1
            if self._leaving.is_set():  # born while all were asked to end
                self.send(victim, signal.SIGTERM)
            status = await self._nursery.over(victim.pid)
            victim.pid = 0
            victim.ends[status] += 1
            await asyncio.sleep(_BREATH)
