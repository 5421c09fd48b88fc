"""All processes of the model with what they share: versions, the clock, messages, and what crosses between them."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.model import times
from tests.model.documents import Document, fits
from tests.model.machine import Machine
from tests.model.marking import Refused
from tests.model.rules import strictly

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REMEMBERED = timedelta(days=7)


class World:
    """Takes commands one after another, a second apart; each is done with all that follows from it before the next."""

    def __init__(self, documents, now=NOON):
        self.now, self.coverage, self._count = now, Counter(), 0
        self.versions, self.processes = {}, {}
        self.inbox, self.kept, self.message_ids, self.answers = [], [], set(), {}
        for parsed in documents:
            self.publish(parsed)

    # --- what processes ask of it ---

    def count(self):
        """A number larger than every one before."""
        self._count += 1
        return self._count

    def seen(self, rule):
        """Coverage of the contract's rules."""
        self.coverage[rule] += 1

    written = staticmethod(times.write_time)

    def from_now(self, duration):
        return times.add(self.now, duration)

    def create(self, process, document, start):
        self.processes[process] = Machine(self, process, document, start)
        return self.processes[process]

    def post(self, process, what, *about):
        """Something for a decision of its own, after the one under way (R15)."""
        self.inbox.append((process, what, about))

    # --- commands ---

    def publish(self, parsed):
        """R15: every `calls` is pinned to the highest published version in its range."""
        document = Document(parsed)
        for atom in document.atoms.values():
            if "calls" in atom:
                document.pins[atom["id"]] = self.highest(*atom["calls"].split("@"))
        self.versions[document.key, document.version] = document

    def highest(self, journey, wanted):
        found = [key for key in self.versions if key[0] == journey and in_range(key[1], wanted)]
        return self.versions[max(found, key=lambda key: numbers(key[1]))]

    def do(self, command):
        """`ok`, or the code of the refusal. A refused command changes nothing but the time."""
        self.advance(self.now + timedelta(seconds=1))
        self.seen(f"do {command['do']}")
        try:
            answer = self.remembered(command) or self.take(command)
        except Refused as refused:
            self.seen(f"refused {refused.code}")
            answer = refused.code
        self.drain()
        return answer

    def remembered(self, command):
        """R17: the answer of the same accepted command within 7 days."""
        key = command.get("idempotency")
        if key is None or key not in self.answers or self.answers[key][1] + REMEMBERED <= self.now:
            return None
        self.seen("R17")
        if self.answers[key][0] != fingerprint(command):
            raise Refused("idempotency_mismatch")
        return "ok"

    def take(self, command):
        match command["do"]:
            case "start":
                self.start(command)
            case "advance":
                self.advance(self.from_now(command["by"]))
            case "message":
                self.message(command)
            case _:
                if command["process"] not in self.processes:
                    raise Refused("process_not_found")
                self.processes[command["process"]].do(command)
        if "idempotency" in command:
            self.answers[command["idempotency"]] = (fingerprint(command), self.now)
        return "ok"

    def start(self, command):
        """R1, R17. Without a journey it is a process of one task off the graph (R18)."""
        if "journey" not in command:
            process = self.create(command["process"], None, command)
            process.begin_alone(command["task"])
            return
        document = self.versions[command["journey"], command["version"]]
        part = command.get("part")
        if part is not None and part not in document.groups:
            raise Refused("part_not_found")
        if part is not None and not document.closed(part):
            raise Refused("part_not_closed")
        if not fits(command["context"], document.schema):
            raise Refused("context_invalid")
        key = command.get("business_key")
        if key is not None and any(self.is_open(one, document.key, key) for one in self.processes.values()):
            raise Refused("business_key_taken")
        process = self.create(command["process"], document, command)
        if "not_before" in command:
            process.set_timer(None, "not_before", self.from_now(command["not_before"]), moves=False)
        else:
            process.begin_process()

    @staticmethod
    def is_open(process, journey, key):
        ours = process.document is not None and process.document.key == journey
        return ours and process.business_key == key and not process.ended

    # --- R16 ---

    def message(self, command):
        if command["id"] in self.message_ids:
            self.seen("R16 the same id")
            return
        waiting = [
            (wait, process)
            for process in self.processes.values()
            for wait in process.waits
            if wait.bound is None and wait.name == command["name"] and strictly(wait.key, command.get("key"))
        ]
        if waiting:
            wait, process = min(waiting, key=lambda pair: pair[0].n)
            if not process.accepts(wait, command["body"]):
                raise Refused("output_invalid")
            if process.status == "suspended":
                self.seen("R12 bound message")
                wait.bound = command["body"]
            else:
                process.take_message(wait, command["body"])
        else:
            self.kept.append(dict(command, until=self.from_now(command.get("ttl", "PT1H"))))
        self.message_ids.add(command["id"])

    def kept_for(self, wait):
        """The body of the oldest kept message for a wait, which is kept no longer; None where there is none."""
        for message in self.kept:
            if message["until"] > self.now and message["name"] == wait.name and strictly(message.get("key"), wait.key):
                self.kept.remove(message)
                return message["body"]
        return None

    # --- time ---

    def drain(self):
        """What follows from a command: commands between processes, then timers that are due by now."""
        while True:
            if self.inbox:
                process, what, about = self.inbox.pop(0)
                getattr(self.processes[process], what)(*about)
            elif not self.fire_next(self.now):
                return

    def advance(self, until):
        """Moves the clock; each timer on the way fires at its time (R11)."""
        self.drain()
        while self.fire_next(until):
            self.drain()
        self.now = max(self.now, until)
        self.drain()

    def fire_next(self, until):
        """The process whose timer comes first fires what it has due, until something follows in another decision."""
        timers = [
            (timer.due, timer.n, timer, process)
            for process in self.processes.values()
            if process.status in ("pending", "running")
            for timer in process.timers
            if timer.due <= until
        ]
        if not timers:
            return False
        due, _, timer, process = min(timers, key=lambda one: one[:2])
        self.now = max(self.now, due)
        process.fire(timer)
        while not self.inbox and (timer := process.next_due()):
            process.fire(timer)
        return True


def fingerprint(command):
    """The path and body of a command."""
    return json.dumps(
        {key: value for key, value in command.items() if key != "idempotency"}, sort_keys=True, default=str
    )


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def in_range(version, wanted):
    """`^1.2`: that or later, with the same major (minor for 0.x); else exactly that version."""
    if not wanted.startswith("^"):
        return version == wanted
    least = (*numbers(wanted[1:]), 0, 0)[:3]
    fixed = 1 if least[0] else 2
    return numbers(version) >= least and numbers(version)[:fixed] == least[:fixed]
