"""How a process ends, is cancelled and compensated, stands still and moves again (R8, R12, R13, R15)."""

from tests.model.marking import Refused, Step, Task
from tests.model.work import Work


class Ending(Work):
    """What concerns the whole process."""

    def begin_process(self):
        """R1: the entry atoms become ready."""
        self.world.seen("R1" if self.part is None else "R1 part")
        self.status, self.started_at = "running", self.world.now
        self.timers = []
        self.settle()
        self.run()

    def begin_child_process(self):
        if self.status == "pending":
            self.begin_process()

    def begin_alone(self, task):
        """R18: a task that belongs to no case has a process of its own, without a journey."""
        self.status = "running"
        self.tasks.append(Task("ad_hoc", None, None, None, task["name"]))

    # --- ends ---

    def end(self, status):
        """The process ends; what is open is cancelled, children without compensation."""
        self.stop()
        outcome = None
        if status == "completed":
            self.world.seen("R8 outcome")
            reached = [
                step for step in self.steps.values() if step.state == "completed" and "outcome" in self.atom(step)
            ]
            last = max(reached, key=lambda step: step.order, default=None)
            outcome = self.atom(last)["outcome"] if last else "completed"
        self.close_process(status, outcome)

    def close_process(self, status, outcome=None):
        self.status, self.outcome, self.compensating = status, outcome, False
        if self.parent:
            self.world.post(self.parent, "hear_end", self.id)

    def stop(self, compensate=False):
        """Ends all that is open. Children end in decisions of their own, right after this one."""
        for child in list(self.open_children):
            if not compensate or child in self.unheard:
                self.forsake(child)
            else:
                self.world.post(child, "cancel_with_parent")
        for step in self.steps.values():
            for element in step.elements:
                if element.status in ("open", "held", "later"):
                    self.close(element, "cancelled")
            if step.state == "active":
                step.state = "cancelled"
            step.held = None
        for task in self.open_tasks():
            task.status = "cancelled"
        if any(wait.bound is not None for wait in self.waits):
            self.world.seen("R12 bound message lost")
        self.timers, self.waits, self.incidents, self.queue = [], [], [], []

    def forsake(self, child):
        """A child that is no longer wanted: it is cancelled, and this process does not hear of its end (R13)."""
        self.open_children.remove(child)
        if self.unheard.pop(child, None) is None:
            self.world.post(child, "end_forsaken")

    def end_forsaken(self):
        if not self.ended:
            self.world.seen("R13 forsaken")
            self.stop()
            self.status, self.compensating = "cancelled", False

    # --- R13 ---

    def cancel(self, compensate=False):
        if self.compensating and compensate:
            raise Refused("invalid_transition")
        if not compensate or self.status == "pending":
            self.world.seen("R13 meanwhile" if self.compensating else "R13")
            self.stop()
            return self.close_process("cancelled")
        self.world.seen("R13 compensate")
        atoms = self.document.atoms if self.document else {}
        self.undoing = [
            atoms[atom]["compensated_by"] for atom, _ in self.completions if "compensated_by" in atoms[atom]
        ]
        self.stop(compensate=True)
        self.status, self.compensating = "running", True
        self.suspended_by_parent = False
        return self.undo_next()

    def undo_next(self):
        """The next compensation, last completed first, once the children are done with theirs."""
        if self.open_children or self.undoing_step() is not None:
            return
        if not self.undoing:
            self.stop()
            self.close_process("cancelled")
            return
        self.world.seen("R13 undone")
        atom = self.undoing.pop()
        visit = self.steps[atom].visit + 1 if atom in self.steps else 1
        self.steps[atom] = Step(atom, visit, known=True)
        self.begin(self.steps[atom])

    def undoing_step(self):
        """The compensation that is under way or held."""
        under_way = (step for step in self.steps.values() if self.undoes(step))
        return next((step for step in under_way if step.state == "active" or step.held), None)

    def cancel_with_parent(self):
        """One that is being cancelled so already goes on with it."""
        if not self.ended and not self.compensating:
            self.world.seen("R13 child compensates")
            self.cancel(compensate=True)

    # --- R12 ---

    def suspend(self, by_parent=False):
        if self.status != "running":
            raise Refused("invalid_transition")
        self.world.seen("R12 by parent" if by_parent else "R12 while compensating" if self.compensating else "R12")
        self.status, self.suspended_at, self.suspended_by_parent = "suspended", self.world.now, by_parent
        for timer in self.timers:
            timer.left = timer.due - self.world.now if timer.moves else None
        for child in self.open_children:
            self.world.post(child, "suspend_with_parent")

    def suspend_with_parent(self):
        if self.status == "running":
            self.suspend(by_parent=True)

    def resume(self):
        """Its children follow; then bound messages, oldest wait first, then the ends of children; timers fire after."""
        if self.status != "suspended":
            raise Refused("invalid_transition")
        self.world.seen("R12 resume")
        self.status, self.suspended_by_parent = "running", False
        stood = self.world.now - self.suspended_at
        for timer in self.timers:
            if timer.moves:
                timer.due, timer.left = self.world.now + timer.left, None
        for task in self.open_tasks():
            if task.next_at:
                task.next_at += stood
        for child in self.open_children:
            self.world.post(child, "resume_with_parent")
        for wait in sorted(self.waits, key=lambda wait: wait.n):
            if wait.bound is not None:
                self.take_bound(wait)
        for child in list(self.unheard):
            if child in self.unheard:
                self.hear(child, self.unheard.pop(child))
        self.run()

    def resume_with_parent(self):
        if self.status == "suspended" and self.suspended_by_parent:
            self.resume()
        elif self.status == "suspended":
            self.world.seen("R12 suspended on its own")

    # --- R15: a child's end ---

    def hear_end(self, child):
        """A decision of its own, right after the child's; it waits until a suspended parent resumes (R12)."""
        if child not in self.open_children:
            return
        if self.status == "suspended":
            self.world.seen("R12 unheard")
            self.unheard[child] = self.world.processes[child]
        else:
            self.hear(child, self.world.processes[child])

    def hear(self, child, ended):
        self.open_children.remove(child)
        atom, visit, _ = self.children[child]
        step = self.steps.get(atom)
        element = next((one for one in step.elements if one.child == child and one.status == "open"), None)
        if element is not None and step.visit == visit and step.state == "active":
            self.child_ended(step, element, ended)
        if self.compensating:
            self.undo_next()
        self.run()

    def child_ended(self, step, element, child):
        step.outcome = child.outcome
        if child.status != "completed":
            self.world.seen(f"R15 {child.status} child")
            self.fail(step, element)
            return
        output = {name: child.context[name] for name in self.atom(step).get("output", []) if name in child.context}
        try:
            self.finish(step, element, output)
        except Refused:
            self.world.seen("R15 fields refused")
            self.fail(step, element)

    # --- R11, R16 ---

    def next_due(self):
        """The timer that it fires next, if one is due."""
        due = [timer for timer in self.timers if timer.due <= self.world.now]
        return (
            min(due, key=lambda one: (one.due, one.n), default=None) if self.status in ("pending", "running") else None
        )

    def fire(self, timer):
        self.timers.remove(timer)
        if timer.kind == "not_before":
            self.world.seen("R1 not before")
            self.begin_process()
            return
        step = self.steps[timer.atom]
        held = any(one.atom == timer.atom for one in self.incidents)
        self.world.seen("R16 timer" if timer.kind != "timeout" else "R11 of a held step" if held else "R11")
        if timer.kind == "timeout":
            self.leave(step, "timeout")
        else:
            self.leave(step, "done")
        self.run()

    def accepts(self, wait, body):
        """Whether the waiting step may take a message's body (R9, R16)."""
        step = self.steps[wait.atom]
        if not self.document.output_fits(wait.atom, body):
            return False
        try:
            self.saved(step, body)
        except Refused:
            return False
        return True

    def take_message(self, wait, body):
        self.world.seen("R16 message")
        self.leave(self.steps[wait.atom], "done", body)
        self.run()

    def take_bound(self, wait):
        """R12: delivered on resume; one that the context no longer admits is dropped, and the step goes on waiting."""
        if wait not in self.waits or self.status != "running":
            return
        body, wait.bound = wait.bound, None
        if self.accepts(wait, body):
            self.take_message(wait, body)
        else:
            self.world.seen("R12 bound message dropped")
            self.world.post(self.id, "look_for_kept", wait)

    def look_for_kept(self, wait):
        """R16: a step that starts to wait takes the oldest kept message; one it refuses is dropped."""
        while wait in self.waits and self.status == "running":
            body = self.world.kept_for(wait)
            if body is None:
                return
            if self.accepts(wait, body):
                self.world.seen("R16 kept message")
                self.take_message(wait, body)
            else:
                self.world.seen("R16 kept message dropped")
