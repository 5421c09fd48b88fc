"""A short way to play one journey on the model, for the tests of single rules."""

from tests.model.world import World


class Played:
    """Process `p1` of a journey of these atoms, started with `context`; each call is one command, a second later."""

    def __init__(self, *atoms, context=None, schema=None, called=(), start=None, **head):
        body = {} if "phases" in head else {"atoms": list(atoms)}
        main = {"journey": "main", "version": "1.0.0", "context": schema or {}} | body | head
        self.world = World([*called, main])
        self.answer = self.world.do(
            {"do": "start", "process": "p1", "journey": "main", "version": "1.0.0", "context": context or {}}
            | (start or {})
        )

    def do(self, verb, /, atom=None, process="p1", **more):
        """`ok` or the code of the refusal."""
        command = {"do": verb, **more}
        if verb not in ("advance", "message"):
            command |= {"process": process, "atom": atom}
        return self.world.do(command)

    def done(self, atom, item=None, process="p1", **output):
        return self.do("complete", atom, process, item=item, output=output)

    def work(self, atom, answer="work_done", item=None, **more):
        """A worker claims the task and answers."""
        assert self.do("claim_work", atom, item=item) == "ok"
        return self.do(answer, atom, item=item, **more)

    def passes(self, duration):
        return self.do("advance", by=duration)

    def tells(self, name, id, key=None, ttl="PT1H", **body):
        return self.do("message", name=name, id=id, key=key, body=body, ttl=ttl)

    @property
    def process(self):
        return self.world.processes["p1"]

    def child(self, atom, turn=1):
        return self.world.processes[f"p1/{atom}.{turn}"]

    @property
    def states(self):
        """atom → state, of every atom that has a step."""
        return {step.atom: step.state for step in self.process.steps.values() if step.known}

    def visit(self, atom):
        return self.process.steps[atom].visit

    def exit(self, atom):
        return self.process.steps[atom].exit

    @property
    def open(self):
        """The atoms with an open task, with the element where there are many, oldest first."""
        return [
            task.atom if task.item_index is None else (task.atom, task.item_index) for task in self.process.open_tasks()
        ]

    @property
    def incidents(self):
        return [(one.code, one.atom) for one in self.process.incidents]

    @property
    def ended(self):
        return self.process.status, self.process.outcome

    @property
    def context(self):
        return self.process.context
