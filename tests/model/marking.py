"""What one process has at a moment, all of it changed in place: steps, edges, tasks, timers, waits, incidents."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

RESOLVED = ("completed", "failed", "skipped", "cancelled")
ENDED = ("completed", "failed", "cancelled")


class Refused(Exception):
    """A command that was not accepted; `code` is the API's. Nothing was changed."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class Element:
    """One piece of a step's work: the only one, or that of an element of `for_each` (R14)."""

    index: int | None
    item: Any = None
    status: str = "later"  # then open | held | done | failed | cancelled
    output: Any = None
    task: "Task | None" = None
    child: str | None = None


@dataclass(eq=False)
class Step:
    """The current visit of one atom.

    `ready` and `forced` are of R3 and R7; `gate` holds the edges that the last reset made it wait for. `held` is the
    stage at which an incident holds it. `order` counts the completions of the process.
    """

    atom: str
    visit: int = 1
    state: str = "waiting"
    exit: str | None = None
    ready: bool = False
    forced: bool = False
    known: bool = False
    gate: list[int] = field(default_factory=list)
    held: str | None = None
    output: Any = None
    outcome: str | None = None
    started: datetime | None = None
    due: datetime | None = None
    order: int | None = None
    elements: list[Element] = field(default_factory=list)
    many: bool = False


@dataclass(eq=False)
class Task:
    """A work item; `atom` is None off the graph. `given` is its input, None for the whole context.

    `next_at` and `lease` are for workers. `delegated_by` is who gets it back; `escalated_to` the role told last.
    """

    kind: str
    atom: str | None
    visit: int | None
    item_index: int | None
    name: str
    status: str = "pending"
    blocked_from: str | None = None
    assignee: str | None = None
    optional: bool = False
    attempts: int = 0
    next_at: datetime | None = None
    lease: int | None = None
    due: datetime | None = None
    given: Any = None
    priority: str = "medium"
    delegated_by: str | None = None
    escalations: int = 0
    escalated_to: str | None = None

    @property
    def open(self):
        return self.status not in ENDED


@dataclass(eq=False)
class Timer:
    """`due` moves with a suspension where `moves` (durations), and stays where not (dates). `n` is when it was set."""

    n: int
    kind: str  # timeout | for | until | not_before
    atom: str | None
    due: datetime
    moves: bool
    left: timedelta | None = None


@dataclass(eq=False)
class Wait:
    """A step that waits for a message (R16). `bound` is one that came while its process was suspended."""

    n: int
    atom: str
    name: str
    key: Any
    bound: Any = None


@dataclass(eq=False)
class Incident:
    code: str
    atom: str
    visit: int
    item_index: int | None


class Marking:
    """The state of one process, and the look-ups that every rule needs.

    `children` are all that it ever had (id → atom, visit, element), `open_children` those whose end is still to be
    heard; `unheard` are those of them that ended while it stood still.
    """

    def __init__(self, world, process, document, start):
        self.world, self.id, self.document = world, process, document
        self.part = start.get("part")
        self.business_key = start.get("business_key")
        self.parent = start.get("parent")
        self.initiated_by = start.get("by", "olga")
        self.context = start.get("context", {})
        self.status, self.outcome = "pending", None
        self.started_at = world.now
        self.scope = document.scope(self.part) if document else []
        self.steps = {atom: Step(atom) for atom in self.scope}
        self.edges = {edge.n: None for edge in document.edges if edge.source in self.scope} if document else {}
        self.queue, self.tasks, self.timers, self.waits, self.incidents = [], [], [], [], []
        self.children, self.open_children, self.unheard = {}, [], {}
        self.completions, self.undoing, self.compensating = [], [], False
        self.suspended_at, self.suspended_by_parent = None, False

    # --- look-ups ---

    @property
    def ended(self):
        return self.status in ENDED

    def atom(self, step):
        return self.document.atoms[step.atom]

    def incoming(self, atom):
        """The forward edges into an atom that exist in the scope (R1)."""
        return [edge for edge in self.document.edges if edge.to == atom and not edge.rework and edge.n in self.edges]

    def outgoing(self, atom):
        return [edge for edge in self.document.edges if edge.source == atom]

    def needs(self, atom):
        """(target, require) of its dependencies in the scope."""
        return [(to, how) for source, to, how in self.document.needs if source == atom and to in self.scope]

    def open_tasks(self, atom=None):
        return [task for task in self.tasks if task.open and (atom is None or task.atom == atom)]

    def undoes(self, step):
        """Whether it is a step of a compensation atom (R13)."""
        return step.atom not in self.scope

    def seen_by_rules(self, step, element=None):
        """The context and the reserved names (R9)."""
        reserved = {
            "process": {
                "id": self.id,
                "journey": self.document.key,
                "version": self.document.version,
                "started_at": self.world.written(self.started_at),
                "initiated_by": self.initiated_by,
                "business_key": self.business_key,
            },
            "atom": {
                "id": step.atom,
                "visit": step.visit,
                "output": step.output,
                "exit": step.exit,
                "outcome": step.outcome,
            },
            "now": self.world.written(self.world.now),
        }
        if element is not None and element.index is not None:
            reserved |= {"item": element.item, "item_index": element.index}
        return {**self.context, **reserved}

    # --- incidents ---

    def raise_incident(self, step, code, element=None):
        self.incidents.append(Incident(code, step.atom, step.visit, element.index if element else None))

    def close_incidents(self, atom, item_index="any"):
        self.incidents = [
            one for one in self.incidents if one.atom != atom or item_index not in ("any", one.item_index)
        ]
