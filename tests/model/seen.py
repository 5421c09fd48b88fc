"""What is seen of the engine's processes, in the model's words: the picture that `snapshot` draws of the model."""

from tests.model.snapshot import canonical, when


class Seen:
    """Knows each child by the name that the model gives it: its parent's, its atom and how many went before it."""

    def __init__(self):
        self.heard, self.names, self.ids, self.children = 0, {}, {}, {}

    def hear(self, events):
        """Learns the names of the children that have started; `events` are all so far, in their order."""
        for event in events[self.heard :]:
            if event.fact.name == "child.started":
                self.name(event.process, event.fact)
        self.heard = len(events)

    def name(self, parent, fact):
        turns = self.children.setdefault(parent, {})
        turns.setdefault(fact.atom, []).append(fact.child)
        name = f"{self.name_of(parent)}/{fact.atom}.{len(turns[fact.atom])}"
        self.call(fact.child, name)

    def call(self, id, name):
        """The model calls the process `id` so."""
        self.names[id], self.ids[name] = name, id

    def name_of(self, id):
        return self.names.get(id, id)

    def id_of(self, name):
        return self.ids.get(name, name)

    def picture(self, processes, journey_of, kept):
        """name → what is seen of it, for every process, and the ids of the messages that are kept."""
        found = {self.name_of(one.id): self.of_process(one, journey_of(one.id)) for one in processes}
        return found | {"messages": kept}

    def of_process(self, process, journey):
        children = [child for turns in self.children.get(process.id, {}).values() for child in turns]
        return {
            "status": process.status,
            "outcome": process.outcome,
            "compensating": process.compensating,
            "context": canonical(process.context),
            "steps": {step.atom: [step.visit, step.state, step.exit] for step in process.steps.values()},
            "edges": edges(process, journey),
            "tasks": [of_task(task) for task in process.open_tasks()],
            "timers": [[one.atom, one.kind, when(one.due_at, one.left)] for one in process.timers.values()],
            "waits": [of_wait(one) for one in process.waits.values()],
            "incidents": [[one.code, one.atom, one.visit, one.item_index] for one in process.open_incidents()],
            "children": sorted(self.names[child] for child in children),
        }


def edges(process, journey):
    """atom → how each of its edges was resolved in the current visit, for those where any was."""
    found = {}
    for atom in journey.part(process.part) or ():
        step = process.steps.get(atom)
        if step and step.edges:
            found[atom] = list(step.edges)
    return found


def of_wait(wait):
    return [wait.atom, wait.name, canonical(wait.key), canonical(wait.bound.body) if wait.bound else None]


def of_task(task):
    return {
        "kind": task.kind,
        "atom": task.atom,
        "visit": task.visit,
        "item_index": task.item_index,
        "status": task.status,
        "assignee": task.assignee,
        "blocked_from": task.blocked_from if task.status == "blocked" else None,
        "priority": task.priority,
        "delegated_by": task.delegated_by,
        "escalated": [task.escalations, task.escalated_to],
        "attempts": task.attempts,
        "next_at": task.next_at.isoformat() if task.next_at else None,
        "due_at": task.due_at.isoformat() if task.due_at else None,
        "input": canonical(task.input),
    }
