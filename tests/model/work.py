"""A step's work: what comes before it, its elements, its end and its failure (R9–R11, R14–R16)."""

from datetime import timedelta
from decimal import Decimal

from tests.model import times
from tests.model.documents import fits
from tests.model.exits import Exits
from tests.model.marking import Element, Refused, Task, Timer, Wait
from tests.model.rules import Failed, evaluate

RETRY = {"max_attempts": 3, "backoff": "PT1S", "factor": 2, "max_backoff": "PT1M"}
FAILURE = {"human": "task_failed", "system": "action_failed", "subjourney": "child_failed"}


class Work(Exits):
    """What happens between the start of a step and its exit."""

    def begin(self, step):
        step.state, step.known, step.started = "active", True, self.world.now
        kind = self.document.kind(step.atom)
        self.world.seen(f"kind {kind}")
        if kind in ("decision", "milestone"):
            self.world.seen("R6")
            return self.leave(step, "done")
        if "after" in self.atom(step).get("timeout", {}):
            due = self.after(self.atom(step)["timeout"]["after"])
            self.set_timer(step, "timeout", due, moves=True)
        return self.prepare(step)

    def prepare(self, step):
        """The rules before the start; one that fails holds the step active without work (R9)."""
        atom = self.atom(step)
        try:
            step.many = "for_each" in atom
            step.elements = self.elements(step)
            if not step.many:
                self.input(step, step.elements[0])
            until = self.time(step, atom["until"]) if "until" in atom else None
            key = self.value(self.document.named(atom["correlate"]), step) if "correlate" in atom else None
            at = self.time(step, atom["timeout"]["at"]) if "at" in atom.get("timeout", {}) else None
            step.due = self.due(step)
        except Failed as failed:
            self.world.seen("R9 held before the start")
            step.held, step.elements = "input", []
            self.raise_incident(step, failed.code)
            return
        step.held = None
        if at and not any(timer.kind == "timeout" and timer.atom == step.atom for timer in self.timers):
            self.set_timer(step, "timeout", at, moves=False)
        if self.document.kind(step.atom) == "wait":
            self.wait(step, until, key)
        else:
            self.begin_work(step)

    def wait(self, step, until, key):
        atom = self.atom(step)
        step.elements = []
        if "message" in atom:
            self.waits.append(Wait(self.world.count(), step.atom, atom["message"], key))
            self.world.post(self.id, "look_for_kept", self.waits[-1])
        elif until:
            self.set_timer(step, "until", until, moves=False)
        else:
            self.set_timer(step, "for", self.after(atom["for"]), moves=True)

    # --- rules before the start ---

    def elements(self, step):
        atom = self.atom(step)
        if "for_each" not in atom:
            return [Element(None)]
        found = self.value(self.document.named(atom["for_each"]), step)
        if not isinstance(found, list):
            raise Failed("rule_failed", "no list")
        self.world.seen("R14")
        if not found:
            self.check_empty(step)
        return [Element(index, item) for index, item in enumerate(found)]

    def check_empty(self, step):
        """An empty list is saved at once: where the context's schema does not take it, the rule that gave it fails."""
        try:
            self.saved(step, [])
        except Refused as refused:
            raise Failed("rule_failed", "the context's schema takes no empty list") from refused

    def input(self, step, element):
        """What the performer, action or child sees; an action's must fit its schema."""
        given = {name: self.value(rule, step, element) for name, rule in self.atom(step).get("input", {}).items()}
        if not fits(given, self.document.action(step.atom).get("input", {})):
            raise Failed("rule_failed", "the action's schema says no")
        return given

    def due(self, step):
        """When its tasks should be done: a duration after its start, held or not, or what a rule gives."""
        due = self.atom(step).get("due")
        if due is None:
            return None
        try:
            return times.add(step.started, due)
        except ValueError:
            return self.time(step, due)

    def time(self, step, rule):
        try:
            return times.read_time(evaluate(self.document.named(rule), self.seen_by_rules(step)))
        except ValueError as error:
            raise Failed("rule_failed", str(error)) from error

    def after(self, duration):
        return times.add(self.world.now, duration)

    def set_timer(self, step, kind, due, moves):
        self.timers.append(Timer(self.world.count(), kind, step.atom if step else None, due, moves))

    # --- R14: elements ---

    def needed(self, step):
        how = self.atom(step).get("done_when", "all")
        return {"all": len(step.elements), "any": 1}[how] if isinstance(how, str) else how["count"]

    def begin_work(self, step):
        if step.many and not step.elements:
            self.world.seen("R14 empty")
            return self.leave(step, "done", [])
        if step.many and self.needed(step) > len(step.elements):
            self.world.seen("R14 beyond the list")
            return self.fail(step, None)
        return self.begin_elements(step)

    def begin_elements(self, step):
        """Starts every element that has its turn: all at once, or with `in_order` the next when none is under way."""
        for element in step.elements:
            if step.exit or step.state != "active" or self.ended:
                return
            if element.status == "later":
                if self.atom(step).get("in_order") and any(one.status == "open" for one in step.elements):
                    return
                self.begin_element(step, element)

    def begin_element(self, step, element):
        element.status = "open"
        atom = self.atom(step)
        try:
            given = self.input(step, element)
        except Failed as failed:
            element.status = "held"
            self.raise_incident(step, failed.code, element)
            return
        kind = atom.get("kind", "human")
        if kind == "subjourney":
            self.begin_child(step, element, given)
            return
        whole = kind == "human" and "input" not in atom
        element.task = Task(kind, step.atom, step.visit, element.index, atom.get("name", step.atom), due=step.due)
        element.task.given = None if whole else given
        if kind == "system":
            element.task.next_at = self.world.now
        self.tasks.append(element.task)

    def begin_child(self, step, element, given):
        """R15. The child runs in a decision of its own, right after this one."""
        document = self.document.pins[step.atom]
        if not fits(given, document.schema):
            self.world.seen("R15 refused input")
            return self.fail(step, element)
        self.world.seen("R15 of an element" if step.many else "R15 in a child" if self.parent else "R15")
        turn = sum(1 for child in self.children.values() if child[0] == step.atom) + 1
        element.child = f"{self.id}/{step.atom}.{turn}"
        self.children[element.child] = (step.atom, step.visit, element.index)
        self.open_children.append(element.child)
        self.world.create(element.child, document, {"context": given, "parent": self.id, "by": self.initiated_by})
        self.world.post(element.child, "begin_child_process")
        return None

    def finish(self, step, element, output):
        """An element is done. Raises Refused, before anything is changed, where a schema says no."""
        if not self.document.output_fits(step.atom, output):
            raise Refused("output_invalid")
        self.world.seen("R9")
        if not step.many:
            self.saved(step, output)
            self.close(element, "done")
            return self.leave(step, "done", output)
        done = sum(one.status == "done" for one in step.elements) + 1
        outputs = [output if one is element else one.output for one in step.elements]
        if done >= self.needed(step):
            self.saved(step, outputs)
        self.close(element, "done")
        element.output = output
        if done >= self.needed(step):
            return self.leave(step, "done", outputs)
        return self.begin_elements(step)

    def close(self, element, status):
        element.status = status
        if element.task and element.task.open:
            element.task.status = {"done": "completed", "held": "failed"}.get(status, status)

    # --- R10 ---

    def fail(self, step, element):
        """A failure of an element, or of the whole step where `element` is None (a `done_when` beyond the list)."""
        self.world.seen("R10")
        atom = self.atom(step)
        if element is not None:
            self.close(element, "held")
        if any(edge.on == "error" for edge in self.outgoing(step.atom)):
            if element is not None:
                element.status = "failed"
            left = sum(one.status not in ("failed", "cancelled") for one in step.elements)
            self.world.seen("R14 error path" if step.many else "R10 error path")
            if element is None or not step.many or left < self.needed(step):
                return self.leave(step, "error")
            return self.begin_elements(step)
        if atom.get("on_failure") == "fail" and not self.undoes(step):
            self.world.seen("R10 fails the process")
            return self.end("failed")  # the step has no exit: it is one of what is open
        if element is None:
            step.held = "work"
        self.world.seen("R13 held" if self.undoes(step) else "R14 held" if step.many else "R10 held")
        self.raise_incident(step, FAILURE[atom.get("kind", "human")], element)
        if element is not None:
            self.begin_elements(step)
        return None

    def attempt_failed(self, step, element, retryable):
        """R10: the next attempt after a pause that grows, or the failure of the step."""
        policy = RETRY | self.atom(step).get("retry", {})
        task = element.task
        task.attempts += 1
        task.lease, task.status, task.assignee = None, "pending", None
        if not retryable or task.attempts >= policy["max_attempts"]:
            self.fail(step, element)
            return
        pause = times.length(policy["backoff"]).total_seconds()
        grown = Decimal(str(pause)) * Decimal(str(policy["factor"])) ** (task.attempts - 1)
        most = Decimal(str(times.length(policy["max_backoff"]).total_seconds()))
        task.next_at = self.world.now + timedelta(microseconds=int(min(grown, most) * 10**6))
        self.world.seen("R10 retry")

    # --- the end of the work ---

    def open_work(self, step):
        """What kinds of things are open in a step."""
        kinds = {"timer": self.timers, "wait": self.waits, "incident": self.incidents, "task": self.open_tasks()}
        found = [kind for kind, all_of_them in kinds.items() if any(one.atom == step.atom for one in all_of_them)]
        return [*found, *(["child"] if any(self.children[one][0] == step.atom for one in self.open_children) else [])]

    def drop_work(self, step):
        """What is open of a step is cancelled: tasks, timers, waits, children and incidents (R7, R11, R14)."""
        for element in step.elements:
            if element.status in ("open", "held", "later"):
                self.close(element, "cancelled")
        for child in [one for one in self.open_children if self.children[one][0] == step.atom]:
            self.forsake(child)
        if any(wait.atom == step.atom and wait.bound is not None for wait in self.waits):
            self.world.seen("R12 bound message lost")
        self.timers = [timer for timer in self.timers if timer.atom != step.atom]
        self.waits = [wait for wait in self.waits if wait.atom != step.atom]
        self.close_incidents(step.atom)
        step.held = None

    def retry(self, incident):
        """R18: the work starts again, or the exit goes on where it failed (R9)."""
        self.incidents.remove(incident)
        step = self.steps[incident.atom]
        self.world.seen("R18 retry")
        if step.held in ("table", "sets", "edges"):
            stage, step.held = step.held, None
            self.go_on(step, stage)
        elif step.held in ("input", "work"):
            step.held = None
            self.prepare(step)
        else:
            (element,) = [one for one in step.elements if one.index == incident.item_index]
            element.status = "later"
            self.begin_element(step, element)
        self.run()
