"""What may be asked of a process, one class each. `by` is who asks, and is checked against the object in `decide`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.core.journey import Priority


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the user's id, the roles held and the permissions that `api.auth` gives to those roles."""

    id: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Whether one of the caller's roles holds `permission`, such as `task:complete`."""
        return permission in self.permissions


SYSTEM = Caller("system")
"""The engine itself, where nobody asked: workers' answers, leases that ran out."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something asked of one process."""

    by: Caller


@dataclass(frozen=True, slots=True)
class Start(Command):
    """R1. `process` is the new process's id; `part` a phase or module, or None for all of the version."""

    process: str
    context: Mapping[str, Any]
    part: str | None = None
    business_key: str | None = None
    priority: Priority = "medium"
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """R13, without compensation."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChangeContext(Command):
    """R18. `patch` is a JSON merge patch (RFC 7396)."""

    patch: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class RetryIncident(Command):
    """R18. `incident` is its number in the process."""

    incident: int
    reason: str


@dataclass(frozen=True, slots=True)
class TaskCommand(Command):
    """Something asked of one task, by its number in the process."""

    task: int


@dataclass(frozen=True, slots=True)
class ClaimTask(TaskCommand):
    """pending → assigned to the caller."""


@dataclass(frozen=True, slots=True)
class StartTask(TaskCommand):
    """pending or assigned → in_progress by the caller."""


@dataclass(frozen=True, slots=True)
class ReleaseTask(TaskCommand):
    """assigned or in_progress → pending."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReassignTask(TaskCommand):
    """To another person; `assignee` is that user's id."""

    assignee: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CompleteTask(TaskCommand):
    """Implies claiming and starting it. `output` is what the performer hands in (R9)."""

    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WorkCommand(TaskCommand):
    """A worker's answer for a system task; `token` is that of its lease."""

    token: int


@dataclass(frozen=True, slots=True)
class CompleteWork(WorkCommand):
    """The action was done with this output."""

    output: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FailWork(WorkCommand):
    """The attempt failed (R10); not `retryable`: further attempts are useless."""

    error: str
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class ExpireLease(WorkCommand):
    """The lease with this token ran out: a failed attempt (R10)."""
