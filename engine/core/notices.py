"""Who is told what of an event: pure, from the event, what it is about, and the organisation.

Nobody is told of what they did themselves, nor are users who are not active. The engine is nobody. Whoever the
organisation does not know is told all the same, as tokens may name users of their own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from engine.core.callers import SYSTEM
from engine.core.clock_facts import AtRisk, Breached, Escalated
from engine.core.events import (
    Event,
    Fact,
    IncidentRaised,
    ProcessCancelled,
    ProcessCompleted,
    ProcessFailed,
    TaskAssigned,
    TaskCommented,
    TaskDelegated,
    TaskEscalated,
    TaskReassigned,
    TaskReleased,
    TaskReturned,
)
from engine.core.journey import Journey, Module, Phase
from engine.core.kinds import KINDS
from engine.core.organisation import Organisation
from engine.core.times import format_time

MOST_TOLD: Final = 1_000
"""Most users who are told of one event; of more the first by id."""

_IDS: Final = UUID("8f6bd0fb-6a0e-5b67-9d0a-6f3f8b6f2c55")
"""The namespace of all ids of what is told."""
_TAIL: Final = 6
"""Characters of a process's id by which people know a case without a business key."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a process by its row. A `child` was started by another process (R15)."""

    process: str
    journey: str | None
    version: str | None
    business_key: str | None
    owner: str
    initiated_by: str
    child: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What is known of a task by its row; `assignee` is who has it now, and `at_risk` whether it still is that."""

    process: str
    n: int
    name: str
    role: str | None
    assignee: str | None
    at_risk: bool = True


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, in the words that may go out."""

    process: str
    case: str
    name: str
    owner: str
    initiated_by: str
    child: bool = False
    task: int | None = None
    incident: int | None = None
    atom: str | None = None
    role: str | None = None
    assignee: str | None = None
    at_risk: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that `users` are told, because of event number `seq`; `other` is a further person it names."""

    kind: str
    seq: int
    at: datetime
    actor: str
    subject: Subject
    users: tuple[str, ...]
    other: str | None = None

    def id_for(self, receiver: str) -> str:
        """The same for the same event, kind and receiver. A restored database that goes another way has other times."""
        return derived_id(self.subject.process, str(self.seq), format_time(self.at), self.kind, receiver)


def derived_id(*parts: str) -> str:
    """The UUID (version 5) of what `parts` say."""
    return str(uuid5(_IDS, "\n".join(parts)))


def subject_of(event: Event, case: Case, work: Work | None, journey: Journey) -> Subject:
    """What `event` is about."""
    fact: Any = event.fact
    atom = journey.atoms.get(getattr(fact, "atom", None) or "")
    route = journey.routes.get(atom.id) if atom else None
    name = work.name if work else atom.name if atom else _part(journey, fact) or journey.definition.name
    return Subject(
        process=event.process,
        case=case.business_key or f"{journey.definition.name} {event.process[-_TAIL:]}".strip(),
        name=name,
        owner=case.owner,
        initiated_by=case.initiated_by,
        child=case.child,
        task=getattr(fact, "task", None),
        incident=getattr(fact, "incident", None),
        atom=atom.id if atom else None,
        role=work.role if work else route.role if route else None,
        assignee=work.assignee if work else None,
        at_risk=work is None or work.at_risk,
    )


def _part(journey: Journey, fact: Any) -> str | None:
    """The name of the phase or module that a fact is about."""
    id = getattr(fact, "part", None)
    groups: tuple[Phase | Module, ...] = (*journey.definition.phases, *journey.definition.modules)
    return next((group.name for group in groups if group.id == id), None)


def notices(event: Event, subject: Subject, organisation: Organisation) -> Iterator[Notice]:
    """What somebody is told of `event`: of most events nobody is told anything."""
    tells = _TELLS.get(type(event.fact))
    for kind, users, other in tells(event.fact, subject, organisation) if tells else ():
        told = tuple(_told(users, event.actor, organisation))
        if told or KINDS[kind].open:
            yield Notice(kind, event.seq, event.at, event.actor, subject, told, other)


def _told(users: Iterable[str | None], actor: str, organisation: Organisation) -> list[str]:
    found = {user for user in users if user and user not in (actor, SYSTEM.id)}
    known = organisation.users
    return sorted(user for user in found if user not in known or known[user].active)[:MOST_TOLD]


_Told = tuple[str, Iterable[str | None], str | None]
"""The kind, who is told, and the further person it names."""


def _assigned(fact: TaskAssigned, _: Subject, __: Organisation) -> Iterator[_Told]:
    yield "assigned", [fact.assignee], None


def _reassigned(fact: TaskReassigned, _: Subject, __: Organisation) -> Iterator[_Told]:
    yield "assigned", [fact.assignee], None
    if fact.was != fact.assignee:
        yield "reassigned", [fact.was], fact.assignee


def _delegated(fact: TaskDelegated, _: Subject, __: Organisation) -> Iterator[_Told]:
    if not fact.inherited:
        yield "delegated", [fact.assignee], fact.was


def _returned(fact: TaskReturned, _: Subject, __: Organisation) -> Iterator[_Told]:
    yield "returned", [fact.assignee], fact.was


def _released(fact: TaskReleased, _: Subject, __: Organisation) -> Iterator[_Told]:
    yield "released", [fact.was], None


def _escalated(fact: TaskEscalated, subject: Subject, organisation: Organisation) -> Iterator[_Told]:
    named = {*fact.to_users, fact.assignee} - {None}
    if fact.to_role is not None:
        named |= {user.id for user in organisation.holders(fact.to_role)}
    if not (named or fact.to_role):
        named |= _managers(subject, organisation)
    yield "escalated", named, None
    if fact.was is not None:
        yield ("released" if fact.freed else "reassigned"), [fact.was], fact.assignee


def _at_risk(_: AtRisk, subject: Subject, organisation: Organisation) -> Iterator[_Told]:
    """Nobody is warned of what is done by now, or late already."""
    if subject.at_risk:
        yield "at_risk", _performers(subject, organisation), None


def _breached(_: Breached, subject: Subject, organisation: Organisation) -> Iterator[_Told]:
    """What somebody has is for them and their managers; of what nobody has the pool was warned, and managers share out.

    Where there are none it is for the pool all the same.
    """
    managers = _managers(subject, organisation) if subject.task else set[str]()
    have = set[str]() if managers and not subject.assignee else _performers(subject, organisation)
    yield "breached", managers | have, None


def _late(fact: Escalated, subject: Subject, organisation: Organisation) -> Iterator[_Told]:
    """Of what is no task: the role and the people that its service level names, else the owner."""
    named = set(fact.to_users)
    if fact.to_role is not None:
        named |= {user.id for user in organisation.holders(fact.to_role)}
    yield "escalated", named or {subject.owner}, None


def _performers(subject: Subject, organisation: Organisation) -> set[str]:
    """Who has the task; while nobody has it, who holds its role. Of what is no task the owner of the process."""
    if subject.task is None:
        return {subject.owner}
    if subject.assignee:
        return {subject.assignee}
    return {user.id for user in organisation.holders(subject.role)} if subject.role else set[str]()


def _raised(_: IncidentRaised, subject: Subject, organisation: Organisation) -> Iterator[_Told]:
    yield "incident", {*_managers(subject, organisation), subject.owner}, None


def _commented(fact: TaskCommented, _: Subject, __: Organisation) -> Iterator[_Told]:
    yield "mentioned", fact.mentions, None


def _ended(kind: str) -> Callable[[Any, Subject, Organisation], Iterator[_Told]]:
    def told(_: Fact, subject: Subject, __: Organisation) -> Iterator[_Told]:
        # What becomes of a child is told by what becomes of its parent.
        if not subject.child:
            yield kind, {subject.owner, subject.initiated_by}, None

    return told


def _managers(subject: Subject, organisation: Organisation) -> set[str]:
    """Whom the person who has the work reports to; while nobody has it, whom those of its role report to."""
    if subject.assignee:
        below = [subject.assignee]
    else:
        below = [user.id for user in organisation.holders(subject.role)] if subject.role else []
    return set[str]().union(*(organisation.managers_of(user) for user in below))


_TELLS: Final[Mapping[type[Fact], Callable[[Any, Subject, Organisation], Iterator[_Told]]]] = {
    TaskAssigned: _assigned,
    TaskReassigned: _reassigned,
    TaskDelegated: _delegated,
    TaskReturned: _returned,
    TaskReleased: _released,
    TaskEscalated: _escalated,
    TaskCommented: _commented,
    AtRisk: _at_risk,
    Breached: _breached,
    Escalated: _late,
    IncidentRaised: _raised,
    ProcessCompleted: _ended("process_completed"),
    ProcessFailed: _ended("process_failed"),
    ProcessCancelled: _ended("process_cancelled"),
}

HEARD: Final = tuple(fact.name for fact in _TELLS)
"""The types of the events of which somebody may be told."""
