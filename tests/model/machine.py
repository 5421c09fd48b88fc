"""One process of the model: the commands of people and workers upon it (States, R10, R17, R18)."""

from copy import deepcopy

from tests.model.documents import fits
from tests.model.ending import Ending
from tests.model.marking import Refused, Task

TRANSITIONS = {
    "claim": {"pending": "assigned"},
    "start": {"assigned": "in_progress"},
    "release": {"assigned": "pending", "in_progress": "pending", "blocked": "blocked"},
    "reassign": dict.fromkeys(("pending", "assigned", "in_progress"), "assigned") | {"blocked": "blocked"},
    "delegate": dict.fromkeys(("assigned", "in_progress"), "assigned"),
    "return": dict.fromkeys(("assigned", "in_progress"), "assigned"),
    "complete": dict.fromkeys(("pending", "assigned", "in_progress"), "completed"),
    "fail": dict.fromkeys(("pending", "assigned", "in_progress"), "failed"),
    "block": dict.fromkeys(("pending", "assigned", "in_progress"), "blocked"),
}
STANDS_STILL = ("start_task", "complete", "fail", "block", "unblock", "work_done", "work_failed", "lease_expired")
STANDS_STILL += ("retry", "skip", "skip_incident", "repeat")
WHILE_PENDING = ("cancel", "end", "patch", "put_off")


class Machine(Ending):
    """Each public method `do_…` is a command; it raises Refused before it changes anything."""

    def do(self, command):
        name = command["do"]
        if name == "claim_work":
            return self.do_claim_work(command)
        if self.ended:
            raise Refused("process_ended")
        if self.status == "pending" and name not in WHILE_PENDING:
            raise Refused("invalid_transition")
        if self.status == "suspended" and name in STANDS_STILL:
            raise Refused("process_suspended")
        return getattr(self, f"do_{name}")(command)

    # --- tasks ---

    def task_of(self, command):
        """The newest task of that atom, visit and element."""
        found = [
            task
            for task in self.tasks
            if (task.atom, task.item_index) == (command.get("atom"), command.get("item"))
            and (task.atom or task.name == command.get("name"))
            and command.get("visit", task.visit) == task.visit
        ]
        if not found:
            raise Refused("task_not_found")
        return found[-1]

    def moved(self, command, verb, kind="human"):
        """The task and the state it gets by `verb`."""
        task = self.task_of(command)
        if (task.kind == "system") != (kind == "system") or task.status not in TRANSITIONS[verb]:
            raise Refused("invalid_transition")
        return task, TRANSITIONS[verb][task.status]

    def place_of(self, task):
        step = self.steps[task.atom]
        return step, next(element for element in step.elements if element.task is task)

    def do_claim(self, command):
        task, task.status = self.moved(command, "claim")
        task.assignee = "ada"

    def do_start_task(self, command):
        task, task.status = self.moved(command, "start")
        task.assignee = task.assignee or "ada"

    def do_release(self, command):
        task, status = self.moved(command, "release")
        if task.assignee is None:
            raise Refused("invalid_transition")
        self.hand(task, status, None)

    def do_reassign(self, command):
        task, status = self.moved(command, "reassign")
        if task.assignee == command["to"] and task.delegated_by is None:
            raise Refused("invalid_transition")
        self.hand(task, status, command["to"])

    def do_delegate(self, command):
        """Who delegated it first gets it back, however far it goes on."""
        task, status = self.moved(command, "delegate")
        if command["to"] in (task.assignee, task.delegated_by):
            raise Refused("invalid_transition")
        answerable = task.delegated_by or task.assignee
        self.hand(task, status, command["to"])
        task.delegated_by = answerable
        self.world.seen("task delegated on" if answerable != "ada" else "task delegated")

    def do_return(self, command):
        task, status = self.moved(command, "return")
        if task.delegated_by is None:
            raise Refused("invalid_transition")
        self.world.seen("task returned")
        self.hand(task, status, task.delegated_by)

    def do_escalate(self, command):
        """Told to somebody higher, who may get it; counted, and blocked or not."""
        task = self.looked_at(command)
        to = command.get("to")
        if to is not None and to == task.assignee:
            raise Refused("invalid_transition")
        self.world.seen("task escalated to somebody" if to else "task escalated")
        task.escalations += 1
        task.escalated_to = command.get("role", task.escalated_to)
        task.priority = command.get("priority", task.priority)
        if to is not None:
            self.hand(task, "blocked" if task.status == "blocked" else "assigned", to)

    def do_change(self, command):
        task = self.looked_at(command)
        task.priority = command.get("priority", task.priority)
        if "due" in command:
            task.due = None if command["due"] is None else self.world.from_now(command["due"])

    def do_comment(self, command):
        self.looked_at(command)

    def looked_at(self, command):
        """A task that people may still say or change something about."""
        task = self.task_of(command)
        if task.kind == "system" or not task.open:
            raise Refused("invalid_transition")
        return task

    def hand(self, task, status, to):
        """It is somebody else's, or nobody's; what is blocked stays so, and is theirs when it goes on."""
        if status == "blocked":
            self.world.seen("task handed over while blocked")
            task.blocked_from = "assigned" if to else "pending"
        task.status, task.assignee, task.delegated_by = status, to, None

    def do_block(self, command):
        task, status = self.moved(command, "block")
        task.blocked_from, task.status = task.status, status

    def do_unblock(self, command):
        task = self.task_of(command)
        if task.status != "blocked":
            raise Refused("invalid_transition")
        task.status, task.blocked_from = task.blocked_from, None

    def do_complete(self, command):
        task, status = self.moved(command, "complete")
        if task.atom is None:
            task.status = status
        else:
            self.finish(*self.place_of(task), command.get("output", {}))
        self.run()

    def do_fail(self, command):
        task, status = self.moved(command, "fail")
        if task.atom is None:
            task.status = status
        else:
            self.fail(*self.place_of(task))
        self.run()

    def do_add_task(self, command):
        """R18: a task off the graph."""
        self.world.seen("R18 off the graph")
        self.tasks.append(Task("ad_hoc", None, None, None, command["name"], optional=command.get("optional", False)))

    # --- workers ---

    def do_claim_work(self, command):
        """What the queue of a worker does: it finds nothing, or a task that is due."""
        try:
            task = self.task_of(command)
        except Refused:
            raise Refused("nothing_to_claim") from None
        ready = task.kind == "system" and task.open and not task.lease and task.next_at is not None
        if not ready or task.next_at > self.world.now or self.status != "running":
            raise Refused("nothing_to_claim")
        task.lease = self.world.count()

    def leased(self, command):
        """The task, if the worker who answers is the one who holds it (fencing)."""
        try:
            task = self.task_of(command)
        except Refused:
            raise Refused("lease_lost") from None
        if task.kind != "system" or not task.open or not task.lease or command.get("late"):
            raise Refused("lease_lost")
        return task

    def do_work_done(self, command):
        self.finish(*self.place_of(self.leased(command)), command.get("output", {}))
        self.run()

    def do_work_failed(self, command):
        self.attempt_failed(*self.place_of(self.leased(command)), command.get("retryable", True))
        self.run()

    def do_lease_expired(self, command):
        self.attempt_failed(*self.place_of(self.leased(command)), True)
        self.run()

    # --- the process ---

    def do_patch(self, command):
        """R18: a JSON merge patch of the context."""
        self.world.seen("R18 context")
        changed = merged(self.context, command["patch"])
        if not fits(changed, self.document.schema if self.document else {}):
            raise Refused("context_invalid")
        self.context = changed

    def do_put_off(self, command):
        if self.status != "pending":
            raise Refused("invalid_transition")
        self.world.seen("R1 put off")
        self.timers[0].due = self.world.from_now(command["not_before"])

    def do_suspend(self, command):
        self.suspend()

    def do_resume(self, command):
        self.resume()

    def do_cancel(self, command):
        self.cancel(command.get("compensate", False))

    def do_end(self, command):
        self.world.seen("R18 end")
        self.end(command["as"])

    # --- R18: incidents and steps by hand ---

    def incident_of(self, command):
        found = [one for one in self.incidents if (one.atom, one.item_index) == (command["atom"], command.get("item"))]
        if not found:
            raise Refused("incident_not_found")
        return found[0]

    def do_retry(self, command):
        self.retry(self.incident_of(command))

    def do_repeat(self, command):
        self.world.seen("R18 repeat")
        self.repeat(command["atom"])

    def do_skip_incident(self, command):
        self.incident_of(command)
        self.do_skip(command)

    def do_skip(self, command):
        """An active or held step; one that has exited keeps its state."""
        step = self.steps.get(command["atom"])
        if step is None:
            known = self.document is not None and command["atom"] in self.document.compensations()
            raise Refused("invalid_transition" if known else "atom_not_found")
        if step.state != "active" and not step.held:
            raise Refused("invalid_transition")
        forward = [edge for edge in self.outgoing(step.atom) if not edge.rework]
        wanted = command.get("take", [])
        if set(wanted) - {edge.to for edge in forward}:
            raise Refused("atom_not_found")
        self.world.seen("R18 skip")
        self.drop_work(step)
        if step.state == "active":
            step.state = "skipped"
        if self.undoes(step):
            self.undo_next()
        else:
            self.take(step, [edge for edge in forward if edge.to in wanted])
        self.run()


def merged(value, patch):
    """RFC 7396."""
    changed = deepcopy(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            changed.pop(name, None)
        else:
            changed[name] = merged(changed.get(name), part) if isinstance(part, dict) else deepcopy(part)
    return changed
