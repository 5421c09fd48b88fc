"""The engine, driven in memory by the same commands as the model: `engine.loading` and `engine.cases.world.World`.

This file and `bridge_store` are the only ones here that know the engine; what they give is compared with `snapshot`.
"""

from datetime import timedelta
from functools import lru_cache

from engine.cases.world import TTL, World
from engine.core.callers import SYSTEM, Caller
from engine.core.commands import (
    AddTask,
    BlockTask,
    Cancel,
    ChangeContext,
    ChangeTask,
    ClaimTask,
    CommentOnTask,
    CompleteTask,
    CompleteWork,
    DelegateTask,
    End,
    EscalateTask,
    ExpireLease,
    Extra,
    FailTask,
    FailWork,
    PutOff,
    ReassignTask,
    ReleaseTask,
    RepeatAtom,
    Resume,
    RetryIncident,
    ReturnTask,
    SkipIncident,
    SkipStep,
    Start,
    StartTask,
    Suspend,
    UnblockTask,
)
from engine.core.durations import parse
from engine.core.errors import EngineError
from engine.core.events import read_fact
from engine.core.fold import fold
from engine.core.frozen import changed
from engine.core.journey import join_up
from engine.core.process import Lease
from engine.core.rule_errors import RuleDefects, RuleFailed, Unresolved
from engine.core.rules import Rule
from engine.core.values import decode, encode
from engine.loading import Published, load
from engine.loading.calls import pin
from tests.model import times
from tests.model.promises import broken
from tests.model.seen import Seen
from tests.model.snapshot import canonical
from tests.model.world import NOON

ADA = Caller("ada", frozenset({"admin"}), frozenset({"task:act_any", "task:read_all", "task:reassign"}))
OF_TASKS = {
    "claim": lambda n, _: ClaimTask(ADA, n),
    "start_task": lambda n, _: StartTask(ADA, n),
    "release": lambda n, _: ReleaseTask(ADA, n),
    "unblock": lambda n, _: UnblockTask(ADA, n),
    "block": lambda n, _: BlockTask(ADA, n, "asked for"),
    "fail": lambda n, _: FailTask(ADA, n, "asked for"),
    "complete": lambda n, command: CompleteTask(ADA, n, command.get("output", {})),
    "reassign": lambda n, command: ReassignTask(ADA, n, command["to"]),
    "delegate": lambda n, command: DelegateTask(ADA, n, command["to"]),
    "return": lambda n, _: ReturnTask(ADA, n),
    "escalate": lambda n, command: EscalateTask(
        ADA, n, "too long", command.get("role"), (), command.get("priority"), command.get("to")
    ),
    "comment": lambda n, _: CommentOnTask(ADA, n, "looked at"),
}
OF_PROCESSES = {
    "suspend": lambda command, _: Suspend(ADA, "asked for"),
    "resume": lambda command, _: Resume(ADA),
    "cancel": lambda command, _: Cancel(ADA, "asked for", command.get("compensate", False)),
    "end": lambda command, _: End(ADA, command["as"], "asked for"),
    "patch": lambda command, _: ChangeContext(ADA, command["patch"], "asked for"),
    "put_off": lambda command, now: PutOff(ADA, times.add(now, command["not_before"])),
    "skip": lambda command, _: SkipStep(ADA, command["atom"], "asked for", tuple(command.get("take", ()))),
    "repeat": lambda command, _: RepeatAtom(ADA, command["atom"], "asked for"),
    "add_task": lambda command, _: AddTask(ADA, Extra(command["name"], optional=command.get("optional", False))),
}
OF_INCIDENTS = {
    "retry": lambda n, _: RetryIncident(ADA, n, "asked for"),
    "skip_incident": lambda n, command: SkipIncident(ADA, n, "asked for", tuple(command.get("take", ()))),
}
OF_WORKERS = {
    "work_done": lambda n, token, command: CompleteWork(SYSTEM, n, token, command.get("output", {})),
    "work_failed": lambda n, token, command: FailWork(SYSTEM, n, token, "no line", command.get("retryable", True)),
    "lease_expired": lambda n, token, command: ExpireLease(SYSTEM, n, token),
}
YEARS = timedelta(days=3650)
NONE = 10**6
"""A number that no task, incident or lease has."""


class NotLoaded(Exception):
    """The loader refuses a generated document: the generator, or the loader, is wrong."""


class Engine:
    """Takes the model's commands, a second apart; every process has the name that the model has for it."""

    def __init__(self, documents):
        self.journeys = journeys_of(documents)
        self.world, self.seen, self.checked = World(self.journeys, NOON), Seen(), {}

    def do(self, command):
        """`ok`, or the code of the refusal."""
        self.world.advance_to(self.world.now + timedelta(seconds=1))
        try:
            self.take(command)
        except EngineError as error:
            nothing = command["do"] == "claim_work" and error.code == "lease_lost"
            answer = "nothing_to_claim" if nothing else error.code
        else:
            answer = "ok"
        self.world.settle()
        self.seen.hear(self.world.events)
        self.check()
        return answer

    def take(self, command):
        world = self.world
        match command["do"]:
            case "start":
                world.start(version_of(command), start_of(command, world.now))
            case "advance":
                world.advance_to(times.add(world.now, command["by"]))
            case "message":
                ttl = parse(command["ttl"]) if "ttl" in command else TTL
                world.message(command["name"], command["key"], command["id"], command["body"], ttl)
            case "claim_work":
                process, marking = self.place(command)
                world.claim(process, task_of(marking, command), world.now + YEARS)
            case _:
                process, marking = self.place(command)
                world.do(process, self.asked(marking, command))

    def place(self, command):
        """The id of the process that a command is for, and its marking, if there is one."""
        process = self.seen.id_of(command["process"])
        return process, self.world.processes.get(process)

    def asked(self, marking, command):
        if command["do"] not in OF_WORKERS:
            return asked(marking, command, self.world.now)
        n = task_of(marking, command)
        lease = marking.tasks[n].lease if marking and n in marking.tasks else None
        if lease and command["do"] == "lease_expired" and not command.get("late") and marking.status == "running":
            past = Lease(lease.token, lease.worker, self.world.now - timedelta(seconds=1))
            marking.tasks[n] = changed(marking.tasks[n], lease=past)
        return answered(n, lease.token if lease else NONE, command)

    def check(self):
        """What holds after every command, whatever the model says."""
        for id, process in self.world.processes.items():
            history = self.world.histories[id]
            if self.checked.get(id) == len(history):
                continue
            self.checked[id] = len(history)
            assert fold(self.world.journey_of(id), history) == process, f"{id}: not the fold of its events"
            assert not (found := [*broken(process, history)]), f"{id}: {found}"

    def replayed(self):
        """The markings again, from the events as they come back from where they were stored: as JSON."""
        again = {id: [stored(event) for event in history] for id, history in self.world.histories.items()}
        return {id: fold(self.world.journey_of(id), history) for id, history in again.items()}

    def picture(self):
        """The engine's side of `snapshot.snapshot`."""
        kept = [one for one in self.world.kept if one.until > self.world.now]
        return self.seen.picture(self.world.processes.values(), self.world.journey_of, [one.message for one in kept])


def journeys_of(documents):
    """`key@version` → journey, each call pinned to the version that is there (R15)."""
    return read(tuple(encode(parsed) for parsed in documents))


@lru_cache(maxsize=4)
def read(texts):
    """Journeys are frozen values: the scripts of one journey share them."""
    journeys = {}
    for text in texts:
        versions = versions_of(journey.definition for journey in journeys.values())
        schemas = {ref: journey.definition.context for ref, journey in journeys.items()}
        definition, routes = loaded(text, {ref: journey.definition for ref, journey in journeys.items()})
        journey = join_up(definition, pin(routes, versions), schemas)
        journeys[journey.ref] = journey
    return journeys


def loaded(text, published):
    """The two halves of a version. Raises NotLoaded, with what the loader found."""
    found = load(text, "json", Published(versions_of(published.values()), published))
    if found.definition is None:
        raise NotLoaded("; ".join(f"{one.code} {one.atom}: {one.message}" for one in found.findings))
    return found.definition, found.routes


def versions_of(definitions):
    """journey → its versions."""
    versions = {}
    for definition in definitions:
        versions.setdefault(definition.key, []).append(definition.version)
    return versions


def asked(marking, command, now):
    """The engine's command for one of the model's that is not a worker's."""
    do = command["do"]
    if do == "change":
        return task_change(task_of(marking, command), command, now)
    if do in OF_TASKS:
        return OF_TASKS[do](task_of(marking, command), command)
    if do in OF_INCIDENTS:
        return OF_INCIDENTS[do](incident_of(marking, command), command)
    return OF_PROCESSES[do](command, now)


def task_change(n, command, now):
    due = command.get("due")
    due_at = times.add(now, due) if due is not None else None
    return ChangeTask(ADA, n, command.get("priority"), due_at, "due" in command and due is None)


def answered(n, token, command):
    """What a worker says about a task: the one whose token is the newest, or with `late` the one before."""
    return OF_WORKERS[command["do"]](n, token - 1 if command.get("late") else token, command)


def stored(event):
    return changed(event, fact=read_fact(event.fact.name, decode(encode(event.payload))))


def version_of(command):
    return f"{command['journey']}@{command['version']}" if "journey" in command else None


def start_of(command, now):
    return Start(
        Caller("olga"),
        command["process"],
        command.get("context", {}),
        command.get("part"),
        command.get("business_key"),
        not_before=times.add(now, command["not_before"]) if "not_before" in command else None,
        task=Extra(command["task"]["name"]) if "task" in command else None,
    )


def task_of(marking, command):
    """The number of the newest task of that atom and element, or off the graph of that name."""
    wanted = command.get("atom"), command.get("item")
    found = [
        task.n
        for task in (marking.tasks.values() if marking else ())
        if (task.atom, task.item_index) == wanted and (task.atom or task.name == command.get("name"))
    ]
    return max(found, default=NONE)


def incident_of(marking, command):
    wanted = command["atom"], command.get("item")
    found = [one.n for one in (marking.open_incidents() if marking else ()) if (one.atom, one.item_index) == wanted]
    return min(found, default=NONE)


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
