"""From one exit to the next starts: joins, dependencies, dead paths, the order of starts, rework (R1, R3–R8)."""

from tests.model.marking import RESOLVED, Marking, Refused, Step


class Flow(Marking):
    """What may start, recomputed from the edges each time."""

    # --- R3, R4 ---

    def join(self, atom):
        """`ready`, `skip`, or None while R3 cannot say (the gate of the last reset before it, R7)."""
        step = self.steps[atom]
        if step.forced or step.ready:
            return "ready"
        gate = [self.edges[n] for n in step.gate]
        if gate and True not in gate and None in gate:
            self.world.seen("R7 gate")
            return None
        results = [self.edges[edge.n] for edge in self.incoming(atom)]
        taken, pending = results.count(True), results.count(None)
        if not results:
            return "ready"
        how = self.document.atoms[atom].get("join", "all")
        if how == "all":
            return None if pending else "ready" if taken else "skip"
        needed = 1 if how == "any" else min(how["count"], len(results))
        if how != "any" and needed < how["count"]:
            self.world.seen("R1 count lowered")
        if taken >= needed:
            return "ready"
        return "skip" if taken + pending < needed else None

    def dependencies(self, atom):
        """`start`, `skip`, or None while a dependency is not resolved (R4)."""
        verdict = "start"
        for target, require in self.needs(atom):
            state = self.steps[target].state
            if state not in RESOLVED:
                verdict = None if verdict == "start" else verdict
            elif require == "completed" and state != "completed":
                self.world.seen("R4 skipped")
                return "skip"
        return verdict

    # --- R5, R6 ---

    def settle(self):
        """The end of a moment: dead paths until nothing changes, then what may start, in the file's order."""
        changed = True
        while changed:
            changed = False
            for atom in self.waiting():
                verdict = self.join(atom)
                step = self.steps[atom]
                if verdict == "ready":
                    step.ready = step.known = True
                    verdict = self.dependencies(atom)
                if verdict == "skip":
                    self.skip(step)
                    changed = True
        for atom in self.waiting():
            if self.steps[atom].ready and self.dependencies(atom) == "start" and atom not in self.queue:
                self.queue.append(atom)

    def waiting(self):
        return [atom for atom in self.scope if self.steps[atom].state == "waiting"]

    def skip(self, step):
        step.state, step.known = "skipped", True
        for edge in self.outgoing(step.atom):
            self.edges[edge.n] = False
        self.world.seen("R5")

    def run(self):
        """Starts what may start, first in, first out, until nothing can; then looks at the end (R6, R8)."""
        while self.queue and self.status == "running":
            self.begin(self.steps[self.queue.pop(0)])
        if self.status == "running" and not self.compensating and not self.holds_something_open():
            self.world.seen("R8")
            self.end("completed")

    def holds_something_open(self):
        """R8, and R18 for the tasks off the graph."""
        return (
            any(step.state == "active" for step in self.steps.values())
            or any(not task.optional for task in self.open_tasks())
            or bool(self.timers or self.waits or self.incidents or self.open_children)
        )

    # --- R7 ---

    def may_visit_again(self, atom):
        """Whether `max_visits` leaves room for the visit that a rework would open."""
        step = self.steps[atom]
        fresh = step.state == "waiting"
        return fresh or step.visit < self.document.atoms[atom].get("max_visits", 10)

    def may_lead_back(self, source, atom):
        """A target that still waits gets no new visit: then those of the source have to have an end."""
        waits = self.steps[atom].state == "waiting"
        return self.may_visit_again(atom) and (not waits or self.may_visit_again(source.atom))

    def rework(self, first):
        """Resets the region of `first`, which is ready at once."""
        self.world.seen("R7" if self.part is None else "R7 in a part")
        region = self.document.reached(first, self.scope)
        for atom in self.scope:
            if atom in region:
                self.reset(self.steps[atom], region)
        self.steps[first].forced = self.steps[first].ready = True
        self.queue = [atom for atom in self.queue if atom not in region]
        self.settle()

    def reset(self, step, region):
        for what in self.open_work(step):
            self.world.seen(f"R7 ends a {what}")
        self.drop_work(step)
        again = Step(step.atom, step.visit, known=step.known)
        if step.state != "waiting":
            again.visit, again.known = step.visit + 1, True
        again.gate = [edge.n for edge in self.incoming(step.atom) if edge.source in region]
        self.steps[step.atom] = again
        for edge in self.outgoing(step.atom):
            self.edges[edge.n] = None

    def repeat(self, atom):
        """R18: rework with `atom` as the target."""
        if self.document is None or atom not in self.document.atoms:
            raise Refused("atom_not_found")
        if self.compensating or atom in self.document.compensations():
            raise Refused("invalid_transition")
        if atom not in self.steps:
            raise Refused("atom_not_found")
        if not self.may_visit_again(atom):
            raise Refused("rework_limit")
        self.rework(atom)
        self.run()
