"""The end of a moment: what it made dead is skipped, what it made startable is queued (R3–R6)."""

import heapq
from collections.abc import Iterable

from engine.core.events import StepSkipped
from engine.core.routing import dead, gate, join
from engine.core.turn import Turn


def settle(turn: Turn, looked_at: Iterable[str]) -> None:
    """Skips all that is dead by now (R5), and queues what may start, in file order.

    `looked_at` are the atoms that the moment may have made ready, startable or dead.
    """
    atoms = turn.journey.atoms
    heap = [(atoms[atom].index, atom) for atom in set(looked_at)]
    heapq.heapify(heap)
    startable: dict[int, str] = {}
    while heap:
        index, atom = heapq.heappop(heap)
        step = turn.process.steps.get(atom)
        if step and step.state != "waiting":
            continue
        verdict = join(turn.scope, turn.process, atom)
        if verdict == "open":
            continue
        passage = gate(turn.scope, turn.process, atom)
        if verdict == "skip" or passage == "skip":
            turn.emit(StepSkipped(atom, step.visit if step else 1, dead(turn.scope, atom)))
            for other in turn.scope.following(atom):
                heapq.heappush(heap, (atoms[other].index, other))
        elif passage == "clear":
            startable[index] = atom
    for index in sorted(startable):
        turn.queue.setdefault(startable[index])
