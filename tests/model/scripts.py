"""Random scripts: the commands are drawn from what the model has open, so that they move it; some are meant to fail."""

import random
from datetime import timedelta

from tests.model.chances import NUMBERS, SCHEMA, Chances
from tests.model.marking import ENDED

KEYED = {"claim", "release", "reassign", "complete", "fail", "block", "add_task", "retry", "skip", "repeat", "patch"}
KEYED |= {"delegate", "return", "escalate", "change", "comment"}
KEYED |= {"suspend", "resume", "cancel", "end", "put_off"}
A_DAY = timedelta(days=1)


class Writer:
    """Plays a fresh model and writes down what it asked of it."""

    def __init__(self, seed, world, features):
        self.world, self.features = world, features
        rng = random.Random(f"script {seed}")
        self.draw = Chances(rng, odd=rng.choice((0, 0.03, 0.08)) if "odd" in features else 0)
        self.sent, self.keyed = [], []

    def script(self, key, length=30):
        """The commands, beginning with the start of process `p1`."""
        commands = [self.start(key, "p1")]
        self.world.do(commands[0])
        while len(commands) < length:
            process = self.process()
            if process is None and self.draw.chance(0.5):
                break
            command = self.another(key) if process is None or self.draw.chance(0.03) else self.command(process)
            commands.append(self.with_key(command) if "keys" in self.features else command)
            self.world.do(commands[-1])
        return commands

    def with_key(self, command):
        """R17: some commands carry a key, and come again, or another comes with their key."""
        if self.keyed and self.draw.chance(0.15):
            return self.draw.one(*self.keyed) | ({"changed": True} if self.draw.chance(0.3) else {})
        if command["do"] in KEYED and self.draw.chance(0.3):
            command = command | {"idempotency": f"key {len(self.keyed)}"}
            self.keyed.append(command)
        return command

    def start(self, key, name):
        document = self.world.versions[key, "1.0.0"]
        command = {"do": "start", "process": name, "journey": key, "version": "1.0.0", "context": self.draw.context()}
        if document.groups and self.draw.chance(0.4):
            closed = [part for part in document.groups if document.scope(part)]
            command["part"] = self.draw.one(*closed) if closed else None
        if self.draw.chance(0.2):
            command["business_key"] = "case-7"
        if "not_before" in self.features and self.draw.chance(0.1):
            command["not_before"] = "PT20S"
        return command

    def another(self, key):
        """The start of one more process; or of one without a journey, for a task off the graph."""
        name = f"p{2 + sum('/' not in process for process in self.world.processes)}"
        if "off_graph" in self.features and self.draw.chance(0.2):
            return {"do": "start", "process": name, "task": {"name": "alone"}}
        return self.start(key, name)

    def process(self):
        """One that has not ended; once all have, the first now and then, to be refused."""
        running = [process for process in self.world.processes.values() if process.status not in ENDED]
        if running:
            return running[-1] if self.draw.chance(0.3) else self.draw.one(*running)
        return self.world.processes.get("p1") if self.draw.chance(0.3) else None

    def command(self, process):
        drawn = self.usual(process) if self.draw.chance(0.9) else None
        command = drawn or self.unusual(process)
        if "process" in command or command["do"] in ("advance", "message"):
            return command
        return {"do": command.pop("do"), "process": process.id} | command

    # --- what moves it ---

    def usual(self, process):
        """A command about the whole process, or about something that is open in it."""
        if turned := self.turned(process):
            return turned
        choices = [lambda task=task: self.work_on(task) for task in process.open_tasks()]
        choices += [lambda one=one: self.look_at(one, process) for one in process.incidents]
        if "wait" in self.features:
            choices += [lambda timer=timer: self.let_pass(timer) for timer in process.timers]
            waits = process.waits * (4 if process.status == "suspended" else 1)
            choices += [lambda wait=wait: self.message(wait) for wait in waits]
            choices += [lambda atom=atom: self.ahead(process, atom) for atom in self.not_yet(process)]
        return self.draw.one(*choices)() if choices else None

    def turned(self, process):
        """Suspends, resumes, cancels or puts it off, where that is near; else None."""
        if process.status == "suspended" and process.parent and self.draw.chance(0.2):
            return {"do": self.draw.one("suspend", "resume"), "process": process.parent}
        if process.status == "suspended" and self.draw.chance(0.3):
            return {"do": "resume"}
        if process.status == "pending" and self.draw.chance(0.2):
            return {"do": "put_off", "not_before": self.draw.one("PT5S", "PT1H", "-PT1H")}
        if any(wait.bound is not None for wait in process.waits) and self.draw.chance(0.5):
            return self.draw.one(self.filling(process), self.filling(process), {"do": "resume"}, {"do": "cancel"})
        if process.compensating and self.draw.chance(0.15):
            return {"do": self.draw.one("cancel", "suspend", "suspend")}
        if "compensation" in self.features and undoable(process) and self.draw.chance(0.06):
            return {"do": "cancel", "compensate": True}
        if "suspend" in self.features and self.draw.chance(0.15 if process.waits else 0.02):
            return {"do": "suspend"}
        if "suspend" in self.features and process.parent and self.draw.chance(0.03):
            return {"do": self.draw.one("suspend", "resume")}
        return None

    def work_on(self, task):
        place = {"atom": task.atom, "item": task.item_index}
        if task.kind == "ad_hoc":
            return {"do": self.draw.one("complete", "fail"), "atom": None, "name": task.name}
        if task.kind == "system":
            return self.work(task) | place
        if task.status == "blocked":
            return (self.hand_over(task) if self.draw.chance(0.3) else {"do": "unblock"}) | place
        if task.status == "assigned" and self.draw.chance(0.3):
            return {"do": "start_task"} | place
        if self.draw.chance(0.6 if task.delegated_by else 0.3 if task.assignee else 0.05):
            return self.hand_over(task) | place
        if self.draw.chance(0.2):
            verbs = ["claim", "start_task", "release", "reassign"]
            verbs += ["block", "fail"] if "by_hand" in self.features else []
            verb = self.draw.one(*verbs)
            if verb == "start_task" and task.status == "pending":
                verb = "claim"
            return {"do": verb} | place | ({"to": "ben"} if verb == "reassign" else {})
        if "error" in self.features and self.draw.chance(0.15):
            return {"do": "fail"} | place
        return {"do": "complete"} | place | {"output": self.output(task)}

    def hand_over(self, task):
        """What may be done with an open task of people, whoever has it; now and then with one that nobody has."""
        verbs = ["reassign", "escalate", "change", "comment"]
        if task.assignee is not None or self.draw.chance(0.1):
            verbs += ["delegate", "delegate", "release", "return"]
        verbs += ["return"] * (4 if task.delegated_by else 0)
        verb = self.draw.one(*verbs)
        command = {"do": verb}
        if verb in ("reassign", "delegate") or (verb == "escalate" and self.draw.chance(0.4)):
            others = [one for one in ("ada", "ben", "cleo") if one != task.assignee or self.draw.chance(0.1)]
            command["to"] = self.draw.one(*others)
        if verb == "escalate" and self.draw.chance(0.5):
            command["role"] = self.draw.one("chief", "head")
        if verb in ("escalate", "change") and self.draw.chance(0.5):
            command["priority"] = self.draw.one("high", "critical")
        if verb == "change" and self.draw.chance(0.7):
            command["due"] = self.draw.one(None, "PT1H", "P1D")
        return command

    def work(self, task):
        if not task.lease:
            left = (task.next_at - self.world.now).total_seconds() if task.next_at else 0
            return (
                {"do": "claim_work"}
                if left <= 1 or self.draw.chance(0.3)
                else {"do": "advance", "by": f"PT{int(left)}S"}
            )
        verb = self.draw.one("work_done", "work_done", "work_done", "work_failed", "work_failed", "lease_expired")
        command = {"do": verb}
        if verb == "work_done":
            command["output"] = self.output(task)
        if verb == "work_failed":
            command["retryable"] = self.draw.chance(0.8)
        if self.draw.chance(0.05):
            command["late"] = True
        return command

    def output(self, task):
        process = next(one for one in self.world.processes.values() if task in one.tasks)
        schema = process.document.atoms[task.atom].get("output", {})
        names = set(schema.get("required", []))
        names |= set(process.document.action(task.atom).get("output", {}).get("required", []))
        if schema.get("additionalProperties", True) and self.draw.chance(0.5):
            names |= set(self.draw.rng.sample(sorted(SCHEMA), 1))
        if self.draw.chance(self.draw.odd):
            names = {self.draw.one("n0", "n1")}
        return {name: self.draw.of(name) for name in sorted(names)}

    def look_at(self, incident, process):
        draw = self.draw.rng.random()
        if draw < 0.3:
            return self.patch()
        if draw < 0.6 and "by_hand" in self.features:
            by_step = self.draw.chance(0.5)
            place = {} if by_step else {"do": "skip_incident", "item": incident.item_index}
            return self.skip(process, incident.atom) | place
        return {"do": "retry", "atom": incident.atom, "item": incident.item_index}

    def skip(self, process, atom):
        forward = sorted({edge.to for edge in process.outgoing(atom) if not edge.rework})
        take = self.draw.rng.sample(forward, self.draw.rng.randint(0, len(forward)))
        return {"do": "skip", "atom": atom, "take": take}

    def let_pass(self, timer):
        left = max(int((timer.due - self.world.now).total_seconds()), 1)
        return {"do": "advance", "by": f"PT{self.draw.one(left, max(left // 2, 1))}S"}

    def message(self, wait):
        key = wait.key if self.draw.chance(0.8) else self.draw.one(1, "a", None)
        return self.some_message(wait.name, key)

    def not_yet(self, process):
        """The atoms that will wait for a message, if they start."""
        steps = process.steps.values()
        return [process.atom(step) for step in steps if step.state == "waiting" and "message" in process.atom(step)]

    def ahead(self, process, atom):
        """A message that comes before its wait, to be kept."""
        key = atom.get("correlate")
        if isinstance(key, dict):
            key = process.context.get(key["var"])
        return self.some_message(atom["message"], key)

    def some_message(self, name, key):
        names = self.draw.rng.sample(NUMBERS, self.draw.one(0, 1, 2))
        body = {one: self.draw.of(one) for one in names}
        fresh = [id for id, at in self.sent if at + A_DAY > self.world.now]
        id = self.draw.one(*fresh) if fresh and self.draw.chance(0.2) else f"m{len(self.sent)}"
        self.sent.append((id, self.world.now))
        message = {"do": "message", "name": name, "key": key, "id": id, "body": body}
        return message | ({"ttl": self.draw.one("PT5S", "PT1M", "P1D")} if self.draw.chance(0.3) else {})

    # --- what disturbs it ---

    def patch(self):
        names = self.draw.rng.sample(sorted(SCHEMA), self.draw.one(1, 2, 4))
        patch = {name: None if self.draw.chance(0.1) else self.draw.of(name) for name in names}
        more = {"x1": 1, "x2": 2} if self.draw.chance(0.2) else {}
        return {"do": "patch", "patch": patch | more}

    def filling(self, process):
        """A patch after which the context has as many names as it may, if there is a most."""
        left = process.document.schema.get("maxProperties", 0) - len(process.context)
        return {"do": "patch", "patch": {f"x{number}": number for number in range(max(left, 1))}}

    def unusual(self, process):
        atom = self.draw.one(*process.document.atoms) if process.document else None
        choices = [self.patch(), {"do": "advance", "by": self.draw.one("PT1S", "PT30S")}]
        choices += [{"do": "retry", "atom": atom}, {"do": "claim_work", "atom": atom}] if atom else []
        if atom and process.document.kind(atom) != "system":
            choices.append({"do": "complete", "atom": atom, "output": {}})
        choices += [{"do": "cancel"}] if self.draw.chance(0.4 if process.parent else 0.15) else []
        choices += [{"do": "resume", "process": "p99"}] if self.draw.chance(0.1) else []
        if "by_hand" in self.features:
            choices += [{"do": "end", "as": "failed"}] if process.parent and self.draw.chance(0.2) else []
            choices += [{"do": "repeat", "atom": atom}, self.skip(process, atom)] * 2 if atom else []
            choices += [{"do": "end", "as": self.draw.one("completed", "failed")}] if self.draw.chance(0.2) else []
        if "suspend" in self.features:
            choices += [{"do": "suspend"}, {"do": "resume"}]
            choices += [{"do": "put_off", "not_before": "PT1M"}] if self.draw.chance(0.2) else []
        if "compensation" in self.features:
            choices += [{"do": "cancel", "compensate": True}] if self.draw.chance(0.3) else []
        if "message" in self.features:
            keys = [None, "fixed", process.context.get("n2"), process.context.get("text")]
            choices += [self.some_message(self.draw.one("paid", "signed"), self.draw.one(*keys)) for _ in range(3)]
        if "off_graph" in self.features:
            number = len(process.tasks)
            choices.append({"do": "add_task", "name": f"extra{number}", "optional": self.draw.chance(0.3)})
        return self.draw.one(*choices)


def undoable(process):
    """Whether it has done something that has a compensation."""
    return process.document and any("compensated_by" in process.document.atoms[atom] for atom, _ in process.completions)
