"""Clocks in every state they can be in, by chance, written by SQL: of tasks and of watches, running and over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from engine.core.clocks import Clock, ClockState
from engine.core.values import encode
from tests.engine.store.conftest import Plain

LEVELS: Final = ("loan/enter", "quick", "usual")
JOURNEYS: Final = ("loan", "card")
ROLES: Final = ("clerk", "chief")
PEOPLE: Final = ("ann", "bob")
_FILL: Final = b"""
WITH processes AS (
    INSERT INTO process_instances (id, journey, journey_version, title, status, priority, initiated_by, owner, context,
        created_at, started_at, seq, last_at)
    SELECT id, journey, '1.0.0', 'Case ' || id, 'running', 'medium', owner, owner, '{}', at, at, 1, at
    FROM json_to_recordset(%(cases)s) AS c (id text, journey text, owner text, at timestamptz)
), tasks AS (
    INSERT INTO tasks (process_id, n, kind, name, role, status, priority, created_at, assignee, ended_at, optional,
        attempts, seeking, escalations, sla, sla_target_at, sla_alert)
    SELECT process_id, n, 'ad_hoc', name, role, status, 'medium', created_at, assignee, ended_at, false, 0, false, 0,
        sla, sla_target_at, sla_alert
    FROM json_populate_recordset(NULL::tasks, %(tasks)s)
)
INSERT INTO watches (process_id, n, subject, part, sla, ended_at, target_at, alert)
SELECT process_id, n, subject, part, sla, ended_at, target_at, alert
FROM json_populate_recordset(NULL::watches, %(watches)s)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One clock with what it is of."""

    process: str
    journey: str
    owner: str
    n: int
    of: str
    clock: Clock
    ended_at: datetime | None
    role: str | None = None
    assignee: str | None = None

    @property
    def id(self) -> str:
        """That of its breach."""
        return f"{self.process}.{'' if self.of == 'task' else 'w'}{self.n}"


async def clocks_in(sql: Plain, random: Random, now: datetime, cases: int = 12, each: int = 20) -> list[Kept]:
    """Writes so many cases with so many clocks each, of the last hundred hours."""
    found: list[Kept] = []
    running: set[tuple[str, str]] = set()
    for one in (_kept(random, f"p{case:02}", n, now) for case in range(cases) for n in range(1, each + 1)):
        if one.of != "task" and one.ended_at is None:
            if (one.process, one.of) in running:
                continue  # there is one at a time
            running.add((one.process, one.of))
        found.append(one)
    facts: dict[str, list[Mapping[str, Any]]] = {
        "cases": [
            {"id": one.process, "journey": one.journey, "owner": one.owner, "at": now}
            for one in {one.process: one for one in found}.values()
        ],
        "tasks": [_task(one) for one in found if one.of == "task"],
        "watches": [_watch(one) for one in found if one.of != "task"],
    }
    await sql.execute(_FILL, {name: encode(rows).decode() for name, rows in facts.items()})
    await sql.execute(b"ANALYZE")
    return found


def _kept(random: Random, process: str, n: int, now: datetime) -> Kept:
    number = int(process[1:])
    since = now - timedelta(hours=random.randrange(1, 100), milliseconds=random.choice((0, 7)))
    target = since + timedelta(hours=random.choice((1, 5, 30)))
    over = random.random() < 0.7
    ended = min(since + timedelta(minutes=random.randrange(1, 4000)), now) if over else None
    given_up = random.random() < 0.2
    state: ClockState
    if target <= (ended or now):
        state = "breached"
    elif ended and not given_up:
        state = "met"
    else:
        state = random.choice(("on_track", "at_risk"))
    of = random.choice(("task", "task", "task", "phase", "process"))
    clock = Clock(random.choice(LEVELS), state, since, target, None, None)
    return Kept(
        process,
        JOURNEYS[number % 2],
        PEOPLE[number % 3 % 2],
        n,
        of,
        clock,
        ended,
        random.choice(ROLES) if of == "task" else None,
        random.choice((None, *PEOPLE)) if of == "task" else None,
    )


def _task(one: Kept) -> Mapping[str, Any]:
    closed = "completed" if one.clock.state in ("met", "breached") else "cancelled"
    status = closed if one.ended_at else "assigned" if one.assignee else "pending"
    return {
        "process_id": one.process,
        "n": one.n,
        "name": "Look",
        "role": one.role,
        "status": status,
        "created_at": one.clock.since,
        "assignee": one.assignee,
        "ended_at": one.ended_at,
        "sla": one.clock,
        "sla_target_at": one.clock.target_at,
        "sla_alert": one.clock.alert,
    }


def _watch(one: Kept) -> Mapping[str, Any]:
    return {
        "process_id": one.process,
        "n": one.n,
        "subject": one.of,
        "part": "intake" if one.of == "phase" else None,
        "sla": one.clock,
        "ended_at": one.ended_at,
        "target_at": one.clock.target_at,
        "alert": one.clock.alert,
    }
