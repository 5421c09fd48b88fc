"""The ledger: every command that a client gave, and what it was told became of it.

A command is *acknowledged* once an answer of success came back, *refused* once the engine said no, and *unknown* in
between: no answer, or one that says to try again. Giving an unknown one again with the same key settles it (R17).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from chaos.calls import Reply

TRY_AGAIN: Final = frozenset({429, 503})
"""Statuses that say nothing of what became of the command."""


class Outcome(StrEnum):
    """What the client knows."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Command:
    """One command of one client, given once or more, always with the same key and body.

    `does` names it (`start`, `complete`, …); `process` and `task` are what it is about, the process of a start being
    known by its answer only. `correlations` are the ids of the requests that it was given in. `broken` are answers that
    the contract does not know (internal errors).
    """

    key: str
    caller: str
    does: str
    path: str
    body: bytes
    process: str = ""
    task: int = 0
    method: str = "POST"
    outcome: Outcome = Outcome.UNKNOWN
    status: int = 0
    answer: bytes = b""
    times: int = 0
    correlations: list[str] = field(default_factory=list[str])
    broken: list[str] = field(default_factory=list[str])

    @property
    def settled(self) -> bool:
        """Whether the client knows."""
        return self.outcome is not Outcome.UNKNOWN

    @property
    def told(self) -> Any:
        """The answer as a value."""
        return json.loads(self.answer)


class Ledger:
    """Commands by caller and key, in memory and as lines of a file: one when given, one when settled."""

    def __init__(self, file: Path) -> None:
        self._lines = file.open("a", encoding="utf-8", buffering=65_536)
        self._commands: dict[tuple[str, str], Command] = {}
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()

    def flush(self) -> None:
        """Everything noted so far is in the file."""
        self._lines.flush()

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __len__(self) -> int:
        return len(self._commands)

    def given(self, command: Command, correlation: str) -> None:
        """The command goes out in a request of this id; from now on it is unknown, if it was not settled before."""
        command.times += 1
        if correlation not in command.correlations:
            command.correlations.append(correlation)
        if self._commands.setdefault((command.caller, command.key), command) is not command:
            raise ValueError(f"the key {command.key} of {command.caller} is another command's already")
        self._write(command, given=command.times, id=correlation)

    def answered(self, command: Command, reply: Reply, *, last: bool = False) -> None:
        """An answer came back.

        A refusal of a command that was given before settles nothing, as refusals are judged afresh and the request
        before it may still be under way somewhere, unless it is the `last`, after everything has come to rest.
        """
        if reply.status in TRY_AGAIN:
            return
        if reply.status >= 500:
            command.broken.append(f"{reply.status} {reply.body.decode(errors='replace')[:300]}")
            return
        if command.settled:
            return
        refused = reply.status >= 300
        if refused and command.times > 1 and not last:
            return
        command.outcome = Outcome.REFUSED if refused else Outcome.ACKNOWLEDGED
        command.status, command.answer = reply.status, reply.body
        self._write(command, settled=command.outcome, status=reply.status)

    def count(self, outcome: Outcome) -> int:
        """How many commands have this outcome."""
        return sum(command.outcome is outcome for command in self)

    def unknown(self) -> list[Command]:
        """The commands that are to be settled, in the order they were given."""
        return [command for command in self if not command.settled]

    def _write(self, command: Command, **more: Any) -> None:
        about = {"key": command.key, "caller": command.caller, "does": command.does, "process": command.process}
        self._lines.write(json.dumps(about | {"task": command.task} | more) + "\n")
