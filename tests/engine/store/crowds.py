"""Many tasks in every state they can be in, by chance, written by SQL, and what the inbox should show of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, cast

from engine.core.callers import Caller
from engine.core.clocks import Clock, ClockState
from engine.core.journey import Priority
from engine.core.process import Task, TaskStatus
from engine.core.values import encode
from engine.ports import Order, Whose, WorkFilter
from tests.engine.store.conftest import Plain

PEOPLE: Final = ("ann", "bob", "cem", "dan")
ROLES: Final = ("clerk", "chief", "judge")
LEVELS: Final[tuple[Priority, ...]] = ("critical", "high", "medium", "low")
LONG_AGO: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
FAR_AHEAD: Final = datetime(2999, 1, 1, tzinfo=UTC)
_FILL: Final = b"""
WITH processes AS (
    INSERT INTO process_instances (id, journey, journey_version, title, status, priority, initiated_by, owner, context,
        business_key, created_at, started_at, seq, last_at)
    SELECT DISTINCT process_id, journey, '1.0.0', title, 'running', 'medium', 'olga', 'olga', '{"n": 1.50}'::jsonb,
        business_key, created_at, created_at, 1, created_at
    FROM json_to_recordset(%(cases)s) AS c (
        process_id text, journey text, title text, business_key text, created_at timestamptz)
), steps AS (
    INSERT INTO steps (process_id, atom, visit, state, ready_at)
    SELECT DISTINCT process_id, atom, 1, 'active', timestamptz '2026-01-05'
    FROM json_populate_recordset(NULL::tasks, %(tasks)s) WHERE atom IS NOT NULL
)
INSERT INTO tasks (process_id, n, kind, atom, visit, item_index, name, role, action, status, priority, created_at,
    due_at, assignee, ended_at, blocked_from, delegated_by, escalated_to, optional, attempts, seeking, escalations,
    sla, sla_target_at, sla_alert)
SELECT process_id, n, kind, atom, visit, item_index, name, role, action, status, priority, created_at, due_at, assignee,
    ended_at, blocked_from, delegated_by, escalated_to, false, 0, false, 0, sla, sla_target_at, sla_alert
FROM json_populate_recordset(NULL::tasks, %(tasks)s)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A case, as far as the inbox shows it."""

    id: str
    journey: str
    title: str
    business_key: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """The tasks that were written, each with its case."""

    tasks: tuple[tuple[Case, Task], ...]

    def found(self, whose: Whose, wanted: WorkFilter, order: Order, now: datetime) -> list[str]:
        """What the inbox should list, in its order, by looking at every task."""
        listed = [(case, task) for case, task in self.tasks if _open(task) and _is(task, whose)]
        listed = [one for one in listed if _wanted(*one, wanted, now)]
        return [f"{case.id}.{task.n}" for case, task in sorted(listed, key=lambda one: _KEYS[order](*one))]

    def ids(self, keep: Callable[[Task], bool]) -> set[str]:
        """Those that are kept."""
        return {f"{case.id}.{task.n}" for case, task in self.tasks if keep(task)}


async def crowd_of(sql: Plain, random: Random, cases: int = 12, each: int = 25) -> Crowd:
    """Writes so many cases with so many tasks each."""
    known = [
        Case(f"p{n}", random.choice(("buy", "sell")), f"{random.choice(('50%_off', 'Kim'))} {n}", f"K-{n}")
        for n in range(cases)
    ]
    tasks = tuple((case, _task(random, n)) for case in known for n in range(1, each + 1))
    rows = [_row(case, task) for case, task in tasks]
    facts = [
        {"process_id": one.id, "journey": one.journey, "title": one.title, "business_key": one.business_key}
        | {"created_at": LONG_AGO}
        for one in known
    ]
    await sql.execute(_FILL, {"cases": encode(facts).decode(), "tasks": encode(rows).decode()})
    await sql.execute(b"ANALYZE")
    return Crowd(tasks)


def caller_of(random: Random) -> Caller:
    """Somebody with some roles, who may manage others and lead their roles."""
    some = lambda names: frozenset(name for name in names if random.random() < 0.35)  # noqa: E731
    permissions = frozenset({"task:read_all"}) if random.random() < 0.1 else frozenset[str]()
    return Caller(random.choice((*PEOPLE, "eve")), some(ROLES), permissions, manages=some(PEOPLE), leads=some(ROLES))


def _task(random: Random, n: int) -> Task:
    kind = random.choice(("human", "human", "human", "ad_hoc", "system"))
    statuses = ("pending", "pending", "assigned", "in_progress", "blocked", "completed", "failed", "cancelled")
    status = cast("TaskStatus", random.choice(statuses))
    if kind == "system":
        status = random.choice(("pending", "completed"))
    somebody = kind != "system" and (
        status in {"assigned", "in_progress"} or (status != "pending" and random.random() < 0.6)
    )
    assignee = random.choice(PEOPLE) if somebody else None
    created_at = LONG_AGO + timedelta(minutes=random.randrange(9), microseconds=random.choice((0, 0, 120_000, 7)))
    on_graph = kind != "ad_hoc"
    return Task(
        n=n,
        kind=kind,
        atom=random.choice(("enter", "check")) if on_graph else None,
        visit=1 if on_graph else None,
        name=random.choice(("Enter", "Check 100%")),
        role=random.choice(ROLES),
        action="do.it" if kind == "system" else None,
        status=status,
        priority=random.choice(LEVELS),
        input=None,
        created_at=created_at,
        assignee=assignee,
        ended_at=created_at if status in {"completed", "failed", "cancelled"} else None,
        item_index=n if on_graph else None,
        due_at=random.choice((None, None, LONG_AGO, LONG_AGO + timedelta(microseconds=1), FAR_AHEAD)),
        blocked_from=("assigned" if assignee else "pending") if status == "blocked" else None,
        delegated_by=random.choice((None, None, *PEOPLE)) if assignee else None,
        escalated_to=random.choice((None, None, None, *ROLES)),
        sla=random.choice((None, _clock(random, created_at))),
    )


def _clock(random: Random, since: datetime) -> Clock:
    target = random.choice((None, LONG_AGO - timedelta(minutes=1), LONG_AGO + timedelta(microseconds=3), FAR_AHEAD))
    late = target is not None and target != FAR_AHEAD
    state: ClockState = "breached" if late else random.choice(("on_track", "at_risk"))
    return Clock("usual", state, since, target, None, None, standing=target is None)


def soonest(task: Task) -> datetime:
    """The nearer of its due date and of the target of its service level; a moment that never comes for neither."""
    return min([at for at in (task.due_at, task.sla.target_at if task.sla else None) if at], default=_NEVER)


def _row(case: Case, task: Task) -> dict[str, Any]:
    names = ("n", "kind", "atom", "visit", "item_index", "name", "role", "action", "status", "priority", "created_at")
    more = ("due_at", "assignee", "ended_at", "blocked_from", "delegated_by", "escalated_to")
    clock: dict[str, Any] = {"sla": task.sla}
    if task.sla:
        clock |= {"sla_target_at": task.sla.target_at, "sla_alert": task.sla.alert}
    return {"process_id": case.id} | {name: getattr(task, name) for name in (*names, *more)} | clock


def _open(task: Task) -> bool:
    return task.open and task.kind != "system"


def _is(task: Task, whose: Whose) -> bool:
    return (
        task.assignee in whose.users
        or (task.assignee is None and task.role in whose.roles)
        or task.delegated_by in whose.delegators
        or task.escalated_to in whose.asked
    )


def _wanted(case: Case, task: Task, wanted: WorkFilter, now: datetime) -> bool:
    texts = (task.name, case.title, case.business_key)
    tests: Iterable[tuple[Any, Any]] = (
        (wanted.journey, case.journey),
        (wanted.atom, task.atom),
        (wanted.role, task.role),
        (wanted.priority, task.priority),
        (wanted.status, task.status),
        (wanted.overdue, soonest(task) < now),
        (wanted.sla, task.sla.alert if task.sla else None),
        (wanted.blocked, task.status == "blocked"),
        (wanted.delegated, task.delegated_by is not None),
    )
    q = wanted.q
    return all(asked is None or asked == found for asked, found in tests) and (
        q is None or any(q.lower() in text.lower() for text in texts)
    )


def _age(case: Case, task: Task) -> tuple[Any, ...]:
    return task.created_at, case.id, task.n


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_KEYS: Final[dict[Order, Callable[[Case, Task], tuple[Any, ...]]]] = {
    "urgency": lambda case, task: (LEVELS.index(task.priority), soonest(task), *_age(case, task)),
    "due": lambda case, task: (soonest(task), LEVELS.index(task.priority), *_age(case, task)),
    "priority": lambda case, task: (LEVELS.index(task.priority), *_age(case, task)),
    "age": _age,
}
