"""A client of the API: gives commands until it knows what became of them, or leaves them to be settled at the end."""

import asyncio
import random
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec

from chaos.calls import Line, LostAnswer, NeverSent, Place, Reply
from chaos.ledger import TRY_AGAIN, Command, Ledger

_TRIES: Final = 6
"""How often a command is given before it is left unknown."""
_LEFT: Final = 0.3
"""Chance that a command whose answer got lost is left unknown at once."""
_PAUSE: Final = 0.1
"""Seconds before trying again, as `Retry-After` asks for at the least."""


class _Item(msgspec.Struct):
    status: int
    answer: msgspec.Raw = msgspec.Raw(b"null")
    problem: msgspec.Raw = msgspec.Raw(b"null")


class _Items(msgspec.Struct):
    items: list[_Item]


_ITEMS: Final = msgspec.json.Decoder(_Items)


class Client:
    """One caller, over as many connections to the API processes as it has requests under way. Its keys are numbered."""

    def __init__(self, caller: str, places: Sequence[Place], token: str, ledger: Ledger, chance: random.Random) -> None:
        self.caller = caller
        self.chance = chance
        self._ledger = ledger
        self._token = token
        self._places = [*places]
        self._free: dict[Place, list[Line]] = {place: [] for place in places}
        self._number = 0

    def command(
        self, does: str, path: str, body: Any = None, *, process: str = "", task: str = "", method: str = "POST"
    ) -> Command:
        """A new command with a key of its own; `task` is the id of the one it is about."""
        self._number += 1
        if task:
            process = task.rpartition(".")[0]
        return Command(
            key=f"{self.caller}-{self._number}",
            caller=self.caller,
            does=does,
            path=path,
            body=msgspec.json.encode({} if body is None else body),
            process=process,
            task=int(task.rpartition(".")[2]) if task else 0,
            method=method,
        )

    async def look(self, path: str) -> Any:
        """What a read gives; None where there is no answer of success."""
        with suppress(NeverSent, LostAnswer), self._line() as line:
            reply = await line.ask("GET", path)
            if reply.status == 200:
                return msgspec.json.decode(reply.body)
        await asyncio.sleep(_PAUSE)
        return None

    async def give(self, command: Command) -> bool:
        """Gives a command, again and again with the same key; says whether it was acknowledged."""
        for _ in range(_TRIES):
            reply = await self._ask(command.method, command.path, command.body, command.key, [command])
            if reply:
                self._ledger.answered(command, reply)
            elif command.times and self.chance.random() < _LEFT:
                return False
            if command.settled:
                return reply is not None and reply.status < 300
            await asyncio.sleep(_PAUSE * self.chance.random())
        return False

    async def complete_together(self, commands: Sequence[Command]) -> None:
        """Gives completions in one request, each under its own key."""
        items = [
            {"task_id": f"{command.process}.{command.task}", "idempotency_key": command.key}
            | msgspec.json.decode(command.body)
            for command in commands
        ]
        self._number += 1
        body, request = msgspec.json.encode({"items": items}), f"{self.caller}-many-{self._number}"
        for _ in range(_TRIES):
            reply = await self._ask("POST", "/api/tasks/complete", body, request, commands)
            if reply and reply.status == 200:
                for command, item in zip(commands, _ITEMS.decode(reply.body).items, strict=True):
                    said = item.answer if item.status < 300 else item.problem
                    self._ledger.answered(command, Reply(item.status, bytes(said)))
            elif reply:
                for command in commands:
                    self._ledger.answered(command, reply)
            elif commands[0].times and self.chance.random() < _LEFT:
                return
            if all(command.settled for command in commands):
                return
            await asyncio.sleep(_PAUSE * self.chance.random())

    async def settle(self, command: Command) -> None:
        """Gives an unknown command again until it is known, now that everything has come to rest."""
        while not command.settled:
            reply = await self._ask(command.method, command.path, command.body, command.key, [command])
            if reply:
                self._ledger.answered(command, reply, last=True)
            if command.broken and not command.settled:
                return
            if not command.settled:
                await asyncio.sleep(_PAUSE)

    async def repeat(self, command: Command) -> Reply | None:
        """What the same request with the same key gets now; the ledger does not hear of it."""
        for _ in range(_TRIES):
            with suppress(NeverSent, LostAnswer), self._line() as line:
                reply = await line.ask(
                    command.method, command.path, command.body, key=command.key, id=f"{command.key}-again"
                )
                if reply.status not in TRY_AGAIN:
                    return reply
            await asyncio.sleep(_PAUSE)
        return None

    def close(self) -> None:
        """Ends the connections."""
        for line in (line for lines in self._free.values() for line in lines):
            line.close()

    @contextmanager
    def _line(self) -> Generator[Line]:
        """A connection to one of the places, which nobody else uses meanwhile."""
        place = self.chance.choice(self._places)
        free = self._free[place]
        line = free.pop() if free else Line(place, self._token)
        try:
            yield line
        finally:
            free.append(line)

    async def _ask(
        self, method: str, path: str, body: bytes, request: str, commands: Sequence[Command]
    ) -> Reply | None:
        """One try, noted in the ledger once somebody listens; None where no answer came back."""
        with suppress(NeverSent, LostAnswer), self._line() as line:
            await line.reach()
            for command in commands:
                self._ledger.given(command, request)
            return await line.ask(method, path, body, key=request, id=request)
        return None
