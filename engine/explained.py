"""The shapes of `explain`: what holds a process, and why an atom has not started."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.clock_answers import SlaAnswer


@dataclass(frozen=True, slots=True)
class Holder:
    """One thing that holds a process, and who or what would move it."""

    kind: str
    atom: str | None
    visit: int | None
    since: str
    who: tuple[str, ...]
    needs: str
    unblocks: tuple[str, ...]
    text: str
    id: str | None = None
    """Of a task, an incident, or the child process."""
    name: str | None = None
    item_index: int | None = None
    due_at: str | None = None
    writers: tuple[str, ...] = ()
    """The atoms that write the name that has no value."""
    documents: tuple[str, ...] = ()
    """The documents that must be accepted first."""
    child: "ExplainAnswer | None" = None
    """What holds the child process; None where the caller may not see it, and deep down."""
    sla: "ToldAnswer | None" = None
    """Where it stands against its service level."""


@dataclass(frozen=True, slots=True)
class ToldAnswer(SlaAnswer):
    """The same in words, and what it is `of`: a task, step, module, phase or the process, with its id (`name`)."""

    of: str = "task"
    name: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """An edge into `atom`, or its dependency: open, taken, not_taken, resolved or refused."""

    atom: str
    source: str
    kind: str
    state: str
    text: str
    on: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """Why an atom has not started, started or was skipped; `path` leads back to what is open, nearest first."""

    atom: str
    name: str
    visit: int
    state: str
    text: str
    reasons: tuple[str, ...]
    path: tuple[LinkAnswer, ...]


@dataclass(frozen=True, slots=True)
class ExplainAnswer:
    """Why a process is where it is; with an `atom`, `waiting_for` is only what holds that one."""

    process: str
    status: str
    waiting_for: tuple[Holder, ...]
    title: str | None = None
    atom: WhyAnswer | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """What people call the atoms that are named here by their ids."""
    service_levels: tuple[ToldAnswer, ...] = ()
    """Where the process, its phases and modules stand against theirs, those that are not over."""
    workers_paused: str | None = None
    """While all workers are: since when, who said so, and why."""
