"""The state that one round of a batch gathers of each process, step, task and incident, and the rows it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from engine.core.facts import Marks, Resolution
from engine.core.ids import numbered
from engine.core.step_facts import IncidentRaised
from graph.net import FIRST_VISIT, Net, PersonRow, Places, Row, Short, StepRow, microseconds, step_key

FREE: Final[Mapping[str, None]] = {"held": None}
"""What an incident that is resolved leaves of a step that it held."""


_STATES: Final[Mapping[Short, str]] = {
    "PENDING": "waiting",
    "AT_STEP": "active",
    "COMPLETED": "completed",
    "FAILED": "failed",
    "SKIPPED": "skipped",
    "CANCELLED": "cancelled",
}


@dataclass(slots=True)
class StepState:
    """What the round says of one visit of one atom, the `place`-th of its steps.

    `own`: not only that an edge led to it. `clock` is what its task's begins with, `facts` what else changes of it.
    """

    place: int
    process: str
    atom: str
    visit: int
    opened_at: datetime | None = None
    ready_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    short: Short | None = None
    exit: str | None = None
    own: bool = False
    clock: Marks | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> str:
        return step_key(self.process, self.atom, self.visit)

    def open(self, at: datetime, own: bool = True) -> "StepState":
        """Says that it may be new at this time."""
        self.opened_at = self.opened_at or at
        self.own = self.own or own
        return self

    def start(self, at: datetime, ready_at: datetime) -> None:
        """waiting → active; what is active already is so since the first time."""
        self.open(at)
        self.ready_at = ready_at
        self.started_at = self.started_at or at
        self.short = "AT_STEP"

    def begin_clock(self, marks: Marks | None) -> None:
        """The clock of its task begins; what was said of another one before counts no more."""
        if marks is not None:
            self.clock = marks
            for name in ("sla_level", "sla_target_at"):
                self.facts.pop(name, None)

    def end(self, at: datetime, short: Short, exit: str | None = None) -> None:
        """→ completed, failed, skipped or cancelled."""
        self.short, self.ended_at = short, at
        self.exit = exit or self.exit

    def row(self, process: int, times: Places[datetime], levels: Places[str]) -> StepRow:
        """All that the round knows of it but its facts."""
        since = None
        if self.opened_at:
            since = (self.ended_at or self.started_at) if self.short else self.opened_at
        return StepRow(
            process=process,
            atom=self.atom,
            visit=self.visit,
            short=self.short,
            state=_STATES[self.short] if self.short else None,
            exit=self.exit,
            ready=times.place(self.ready_at),
            started=times.place(self.started_at),
            ended=times.place(self.ended_at),
            since=times.place(since),
            own=self.own,
            level=levels.place(self.clock.level) if self.clock else None,
            target=times.place(self.clock.target_at) if self.clock else None,
        )


@dataclass(slots=True)
class TaskState:
    """How one task stands with people, and whether it is blocked; None where the round does not say.

    `key` is that of its step, or its own where it is off the graph and there is no `step`. `told`: the round knows when
    the work began. `beside` is who completed what the user had, and did it with them (four eyes).
    """

    key: str
    n: int
    step: int | None = None
    link: Literal["HOLDS", "PERFORMED"] | None = None
    user: str | None = None
    beside: str | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    told: bool = False
    placed: bool = False
    blocked: bool | None = None

    def hold(self, user: str | None, began_at: datetime | None = None) -> None:
        """Somebody, or nobody, holds it from now on."""
        self.link, self.user, self.began_at = ("HOLDS" if user else None), user, began_at
        self.told = self.placed = True

    def perform(self, user: str | None, actor: str, at: datetime) -> None:
        """It is done; by nobody where a worker did it."""
        if user is not None:
            self.link, self.user, self.ended_at, self.placed = "PERFORMED", user, at, True
            self.beside = actor if actor != user else None

    def drop(self) -> None:
        """It was closed undone."""
        self.hold(None)
        self.blocked = False

    def rows(self, users: Places[str], times: Places[datetime]) -> list[PersonRow]:
        """With whom it is; the second row is who completed it beside its user."""
        row = PersonRow(
            step=self.key if self.step is None else self.step,
            task=self.n,
            link=self.link,
            user=users.place(self.user),
            told=self.told,
            began=times.place(self.began_at),
            ended=times.place(self.ended_at),
        )
        if self.beside is None or self.step is None:
            return [row]
        beside = row._replace(user=users.place(self.beside), told=True, began=None, ended=None, beside=True)
        return [row, beside]


@dataclass(slots=True)
class Timing:
    """What the round says of one clock of a phase or module; `watch` is its number where it begins."""

    watch: int | None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Round:
    """What the events of one round say."""

    starts: dict[str, str | None] = field(default_factory=dict[str, str | None])
    processes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    steps: dict[tuple[str, str, int], StepState] = field(default_factory=dict[tuple[str, str, int], StepState])
    visits: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    tasks: dict[tuple[str, int], TaskState] = field(default_factory=dict[tuple[str, int], TaskState])
    off_graph: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict[tuple[str, str], dict[str, Any]])
    timed: dict[tuple[str, str], list[Timing]] = field(default_factory=dict[tuple[str, str], list[Timing]])
    led: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    reworked: list[Row] = field(default_factory=list[Row])
    resumed: list[Row] = field(default_factory=list[Row])
    begun: list[Row] = field(default_factory=list[Row])
    again: set[str] = field(default_factory=set[str])
    """The processes that were reworked before or in this batch."""

    def takes(self, process: str, atom: str, visit: int) -> bool:
        """Whether this visit may stand in this round: no earlier one of the atom does."""
        return visit <= self.visits.get((process, atom), visit)

    def step(self, process: str, atom: str, visit: int) -> StepState:
        """What it says of this visit."""
        key = (process, atom, visit)
        if key not in self.steps:
            self.steps[key] = StepState(len(self.steps), *key)
            self.visits[process, atom] = max(visit, self.visits.get((process, atom), visit))
        return self.steps[key]

    def task(self, process: str, n: int, atom: str | None, visit: int | None) -> TaskState:
        """What it says of this task."""
        if (process, n) not in self.tasks:
            step = None if atom is None or visit is None else self.step(process, atom, visit)
            off_graph = TaskState(numbered(process, n), n)
            self.tasks[process, n] = TaskState(step.key, n, step.place) if step else off_graph
        return self.tasks[process, n]

    def note_task(self, process: str, n: int, **facts: Any) -> None:
        """Facts of a task off the graph (R18)."""
        self.off_graph.setdefault(numbered(process, n), {"process": process}).update(facts)

    def time(self, process: str, part: str, begins: int | None, facts: Mapping[str, Any]) -> None:
        """Facts of the clock of a phase or module: of a new one where it `begins`, else of the last."""
        timings = self.timed.setdefault((process, part), [])
        if begins is not None or not timings:
            timings.append(Timing(begins))
        timings[-1].facts.update(facts)

    def raise_incident(self, process: str, fact: IncidentRaised, at: datetime) -> None:
        """What the incident holds: its step, or the work for one element of its list (R14)."""
        self.incidents[numbered(process, fact.incident)] = {
            "step": step_key(process, fact.atom, fact.visit),
            "facts": {
                "code": fact.code,
                "stage": fact.stage,
                "item_index": fact.item_index,
                "raised_at": at,
                "open": True,
            },
        }

    def resolve_incident(self, process: str, n: int, how: Resolution, at: datetime) -> None:
        """The incident holds nothing any more."""
        row = self.incidents.setdefault(numbered(process, n), {"step": None, "facts": {}})
        row["facts"] |= {"open": None, "how": how, "resolved_at": at}

    def net(self, adopted: list[Row]) -> Net:
        """The rows it comes to."""
        steps, times = list(self.steps.values()), Places[datetime]()
        users, levels = Places[str](), Places[str]()
        places = {id: place for place, id in enumerate(self.processes)}
        people = [row for task in self.tasks.values() if task.placed for row in task.rows(users, times)]
        return Net(
            started=[
                {"id": id, "version": version, "facts": self.processes[id]} for id, version in self.starts.items()
            ],
            processes=list(self.processes),
            changed=[(places[id], facts) for id, facts in self.processes.items() if facts and id not in self.starts],
            steps=[step.row(places[step.process], times, levels) for step in steps],
            moved=[step.place for step in steps if step.short],
            noted=[(step.place, step.facts) for step in steps if step.facts],
            led=self.led,
            people=[row for row in people if isinstance(row.step, int)],
            hands=[row for row in people if isinstance(row.step, str)],
            awaited=[
                {"key": step.key, "since": times.place(step.opened_at)}
                for step in steps
                if step.opened_at and step.process in self.again and not step.short
            ],
            tasks=[{"key": key, **row} for key, row in self._off_graph_rows()],
            incidents=[{"key": key, **row} for key, row in self.incidents.items()],
            blocked=self._blocked(),
            documents=[
                {"process": process, "document": document, "facts": facts}
                for (process, document), facts in self.documents.items()
            ],
            timed=[row for row in self._timings() if row["watch"] is None],
            timed_anew=[row for row in self._timings() if row["watch"] is not None],
            reworked=self.reworked,
            resumed=self.resumed,
            begun=self.begun,
            adopted=adopted,
            replaced=[
                {"process": step.process, "atom": step.atom, "key": step.key}
                for step in steps
                if step.opened_at and step.visit > FIRST_VISIT
            ],
            users=users.all(),
            levels=levels.all(),
            times=list(map(microseconds, times.all())),
        )

    def _off_graph_rows(self) -> list[tuple[str, Row]]:
        return [
            (key, {"process": facts["process"], "facts": {name: facts[name] for name in facts if name != "process"}})
            for key, facts in self.off_graph.items()
        ]

    def _timings(self) -> list[Row]:
        return [
            {"process": process, "part": part, "watch": timing.watch, "facts": timing.facts}
            for (process, part), timings in self.timed.items()
            for timing in timings
        ]

    def _blocked(self) -> list[Row]:
        rows: dict[str, dict[str, Any]] = {}
        for task in self.tasks.values():
            if task.blocked is not None:
                row = rows.setdefault(task.key, {"key": task.key, "blocked": [], "free": []})
                row["blocked" if task.blocked else "free"].append(task.n)
        return list(rows.values())
