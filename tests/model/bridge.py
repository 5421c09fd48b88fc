"""The engine, driven in memory by the same commands as the model: `engine.loading` and `engine.core.decide` alone.

This is the only file here that knows the engine; what it gives is compared with `snapshot.of_process`.
"""

from dataclasses import replace
from datetime import timedelta

from engine.core.commands import (
    SYSTEM,
    Caller,
    Cancel,
    ChangeContext,
    ClaimTask,
    CompleteTask,
    CompleteWork,
    ExpireLease,
    FailWork,
    ReassignTask,
    ReleaseTask,
    RetryIncident,
    Start,
    StartTask,
)
from engine.core.decide import decide
from engine.core.errors import EngineError
from engine.core.fold import fold
from engine.core.journey import join_up
from engine.core.process import Lease
from engine.core.rule_errors import RuleDefects, RuleFailed, Unresolved
from engine.core.rules import Rule
from engine.core.values import encode
from engine.loading import load
from tests.model import times
from tests.model.snapshot import canonical
from tests.model.world import NOON

ADA = Caller("ada", frozenset({"admin"}), frozenset({"task:act_any", "task:read_all", "task:reassign"}))
PEOPLE = {"complete": CompleteTask, "claim": ClaimTask, "start_task": StartTask, "release": ReleaseTask}
LEASE = timedelta(days=30)


class NotLoaded(Exception):
    """The loader refuses a generated document: the generator, or the loader, is wrong."""


class Engine:
    """One process of the engine; takes the model's commands, a second apart."""

    def __init__(self, documents):
        (parsed,) = documents
        loaded = load(encode(parsed), "json")
        if loaded.definition is None:
            raise NotLoaded("; ".join(f"{one.code}: {one.message}" for one in loaded.findings))
        self.journey = join_up(loaded.definition, loaded.routes)
        self.now, self.stored, self.events, self.tokens = NOON, None, [], 0

    def do(self, command):
        """`ok`, or the code of the refusal."""
        self.now += timedelta(seconds=1)
        try:
            if command["do"] == "advance":
                self.now = times.add(self.now, command["by"])
            elif command["do"] == "claim_work":
                return self.claim(command)
            else:
                self.give(self.asked(command))
                self.let_go(command)
        except (EngineError, Refusal) as error:
            return error.code
        return "ok"

    def give(self, command):
        decision = decide(self.journey, self.stored, command, self.now)
        self.stored = decision.after
        self.events += decision.events
        assert fold(self.journey, self.events) == self.stored, "the marking is not the fold of its events"

    def asked(self, command):
        match command["do"]:
            case "start":
                return Start(Caller("olga"), "p1", command["context"], command.get("part"), command.get("business_key"))
            case "cancel":
                return Cancel(ADA, "asked for")
            case "patch":
                return ChangeContext(ADA, command["patch"], "asked for")
            case "retry":
                return RetryIncident(ADA, self.incident(command), "asked for")
            case "complete":
                return CompleteTask(ADA, self.task(command).n, command.get("output", {}))
            case "reassign":
                return ReassignTask(ADA, self.task(command).n, command["to"])
            case "work_done":
                return CompleteWork(SYSTEM, *self.leased(command), command.get("output", {}))
            case "work_failed":
                return FailWork(SYSTEM, *self.leased(command), "no line", command.get("retryable", True))
            case "lease_expired":
                return ExpireLease(SYSTEM, *self.leased(command, spent=True))
            case do:
                return PEOPLE[do](ADA, self.task(command).n)

    # --- what the store does around `decide` ---

    def marking(self):
        """What a command on no process, or on one that has ended, is told by the services."""
        if self.stored is None:
            raise Refusal("process_not_found")
        if self.stored.ended:
            raise Refusal("process_ended")
        return self.stored

    def task(self, command):
        found = [task for task in self.marking().tasks.values() if task.atom == command["atom"]]
        if not found:
            raise Refusal("task_not_found")
        return found[-1]

    def incident(self, command):
        found = [one.n for one in self.marking().open_incidents() if one.atom == command["atom"]]
        if not found:
            raise Refusal("incident_not_found")
        return found[0]

    def claim(self, command):
        """What the workers' queue does: the lease and its token."""
        task = self.task(command)
        if task.kind != "system" or not task.open or task.lease:
            raise Refusal("nothing_to_claim")
        if task.next_at is None or task.next_at > self.now:
            raise Refusal("nothing_to_claim")
        self.tokens += 1
        self.hold(task, Lease(self.tokens, "w1", self.now + LEASE))
        return "ok"

    def hold(self, task, lease):
        self.stored.tasks[task.n] = replace(task, lease=lease)

    def let_go(self, command):
        """A failed attempt ends its lease."""
        if command["do"] in ("work_failed", "lease_expired"):
            task = self.stored.tasks[next(n for n, task in self.stored.tasks.items() if task.atom == command["atom"])]
            self.hold(task, None)

    def leased(self, command, spent=False):
        """The task's number and the token of the worker who answers: the newest, or with `late` the one before."""
        task = self.task(command)
        if spent and task.lease and not command.get("late"):
            self.hold(task, replace(task.lease, until=self.now - timedelta(seconds=1)))
        token = task.lease.token if task.lease else self.tokens + 1
        return task.n, token - 1 if command.get("late") else token


def rule_value(logic, data):
    """What the engine makes of a rule: its value, or the code of its incident; None for one that is refused at load."""
    try:
        return canonical(Rule.compile(logic).evaluate(data)), None
    except Unresolved:
        return None, "unresolved"
    except RuleFailed:
        return None, "rule_failed"
    except RuleDefects:
        return None


class Refusal(Exception):
    """A refusal of the services that stand around `decide`."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def seen(engine):
    """The engine's side of `snapshot.snapshot`."""
    process = engine.stored
    if process is None:
        return {}
    return {
        process.id: {
            "status": process.status,
            "outcome": process.outcome,
            "compensating": False,
            "context": canonical(process.context),
            "steps": {step.atom: [step.visit, step.state, step.exit] for step in process.steps.values()},
            "tasks": sorted((of_task(task) for task in process.open_tasks() if workable(task)), key=repr),
            "timers": [],
            "waits": [],
            "incidents": sorted(([one.code, one.atom, one.visit, None] for one in process.open_incidents()), key=repr),
            "children": [],
        }
    }


def workable(task):
    """A system task that is held stays open on this side, without a time at which a worker may take it."""
    return task.kind != "system" or task.next_at is not None


def of_task(task):
    return {
        "kind": task.kind,
        "atom": task.atom,
        "visit": task.visit,
        "item_index": None,
        "status": task.status,
        "assignee": task.assignee,
        "attempts": task.attempts,
        "next_at": task.next_at.isoformat() if task.next_at else None,
    }
