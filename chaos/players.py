"""What the clients do: lead loans to their end a hundred at a time, and cases of everything one step at a time."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bench.paths import WAYS
from chaos.clients import Client
from chaos.ledger import Command, Outcome

_LOAN: Final = WAYS["loan"]
_CASES: Final = 60
"""Open tasks of loans that one player has at hand, and completes together."""
_STARTS: Final = 10
"""Loans that it starts at once."""
_WHOLE: Final = 8
"""Cases of everything that one player leads side by side."""
_OPEN: Final = frozenset({"pending", "running", "suspended"})


class Player(Protocol):
    """Plays until it is told to stop."""

    client: Client

    async def play(self, over: asyncio.Event) -> None:
        """Gives commands, one after another; returns soon after `over` is set."""
        ...


class Lender:
    """Starts loans and completes their tasks in requests of many. A case with an unknown command is left alone."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._open: deque[tuple[str, str]] = deque()
        self._started = 0

    async def play(self, over: asyncio.Event) -> None:
        """Completes what is open, and starts a case for each that has ended."""
        while not over.is_set():
            missing = min(_CASES - len(self._open), _STARTS)
            if missing > 0:
                await asyncio.gather(*(self._start() for _ in range(missing)))
            if self._open:
                await self._complete()

    async def _start(self) -> None:
        self._started += 1
        body: dict[str, Any] = {"journey": _LOAN.journey, "context": _LOAN.context}
        if self._started % 2:
            body["business_key"] = f"{self.client.caller}-{self._started}"
        command = self.client.command("start", "/api/processes", body)
        await self.client.give(command)
        if command.outcome is Outcome.ACKNOWLEDGED:
            told = command.told
            command.process = told["id"]
            self._open.extend((_LOAN.first, task) for task in told["open_tasks"])

    async def _complete(self) -> None:
        wanted = [self._open.popleft() for _ in range(min(len(self._open), _CASES))]
        commands = [
            self.client.command("complete", f"/api/tasks/{task}/complete", {"output": _LOAN.output(atom)}, task=task)
            for atom, task in wanted
        ]
        await self.client.complete_together(commands)
        for command in commands:
            self._open.extend(_opened(command))


def _opened(command: Command) -> Iterator[tuple[str, str]]:
    """(atom, task) of what a completion opened."""
    if command.outcome is Outcome.ACKNOWLEDGED:
        for one in command.told["started"]:
            if one.get("task"):
                yield one["atom"], one["task"]


@dataclass(slots=True)
class _Case:
    """A process that is led, or a child of one."""

    id: str
    ref: str
    told: bool = False
    """Whether its message was sent."""


class Clerk:
    """Leads cases of `chaos-whole` by looking at them and doing one of the things that could be done.

    Now and then something that a person rarely does: suspending, cancelling with or without compensation, failing,
    changing the case data, or the same completion by two callers at once.
    """

    def __init__(self, client: Client, rival: Client) -> None:
        self.client = client
        self.rival = rival
        self._cases: dict[str, _Case] = {}
        self._started = 0

    async def play(self, over: asyncio.Event) -> None:
        """Takes a step in one case after another."""
        while not over.is_set():
            if len(self._cases) < _WHOLE:
                await self._start()
            if self._cases:
                await self._step(self.client.chance.choice([*self._cases.values()]))

    async def _start(self) -> None:
        self._started += 1
        ref = f"{self.client.caller}-case-{self._started}"
        command = self.client.command(
            "start", "/api/processes", {"journey": "chaos-whole", "context": {"ref": ref, "again": False}}
        )
        if await self.client.give(command):
            command.process = command.told["id"]
            self._cases[command.process] = _Case(command.process, ref)

    async def _step(self, case: _Case) -> None:
        seen = await self.client.look(f"/api/processes/{case.id}")
        if seen is None:
            return
        if seen["status"] not in _OPEN:
            del self._cases[case.id]
            return
        for step in seen["steps"]:
            for child in step["children"]:
                if step["state"] == "active":
                    self._cases.setdefault(child, _Case(child, case.ref))
        if seen["status"] == "suspended":
            await self._change(case, "resume")
        elif seen["incidents"]:
            incident = seen["incidents"][0]
            command = self.client.command(
                "retry", f"/api/incidents/{incident}/retry", {"reason": "again"}, process=case.id
            )
            await self.client.give(command)
        elif self.client.chance.random() < 0.06:
            await self._rarely(case)
        elif not case.told and self._hears(seen):
            await self._tell(case)
        elif seen["open_tasks"]:
            await self._work(seen["open_tasks"])

    def _hears(self, seen: Any) -> bool:
        """Whether it waits for its message; now and then it is sent before it does, and kept."""
        waits = any(step["atom"] == "hear" and step["state"] == "active" for step in seen["steps"])
        return seen["journey"] == "chaos-whole" and (waits or self.client.chance.random() < 0.1)

    async def _tell(self, case: _Case) -> None:
        body = {"name": "chaos-note", "key": case.ref, "body": {"text": "heard"}, "ttl": "PT1M"}
        command = self.client.command("message", "/api/messages", body)
        # A new command object for each message; the message's id is its key, so that it is known by its events.
        command.body = command.body[:-1] + f',"id":"{command.key}"}}'.encode()
        await self.client.give(command)
        case.told = True

    async def _work(self, tasks: Sequence[str]) -> None:
        task = self.client.chance.choice(tasks)
        chance = self.client.chance.random()
        if chance < 0.1:
            await self.client.give(self.client.command("claim", f"/api/tasks/{task}/claim", task=task))
        elif chance < 0.13:
            await self.client.give(
                self.client.command("fail", f"/api/tasks/{task}/fail", {"reason": "it went wrong"}, task=task)
            )
        else:
            commands = [self._completion(self.client, task)]
            if chance < 0.25:
                commands.append(self._completion(self.rival, task))
            givers = (self.client, self.rival)
            await asyncio.gather(*(giver.give(one) for giver, one in zip(givers, commands, strict=False)))

    def _completion(self, client: Client, task: str) -> Command:
        again = client.chance.random() < 0.1
        return client.command("complete", f"/api/tasks/{task}/complete", {"output": {"again": again}}, task=task)

    async def _rarely(self, case: _Case) -> None:
        match self.client.chance.randrange(6):
            case 0:
                await self._change(case, "cancel", compensate=self.client.chance.random() < 0.5)
            case 1:
                patch = {"patch": {"seen": self._started}, "reason": "a note"}
                path = f"/api/processes/{case.id}/context"
                await self.client.give(self.client.command("change", path, patch, process=case.id, method="PATCH"))
            case _:
                await self._change(case, "suspend")

    async def _change(self, case: _Case, does: str, **more: Any) -> None:
        body = {"reason": "the campaign"} | more
        await self.client.give(self.client.command(does, f"/api/processes/{case.id}/{does}", body, process=case.id))
