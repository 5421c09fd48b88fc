"""What holds a process, and why one of its atoms is where it is: with the children that hold it, and its history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.clock_answers import sla_answer
from engine.core.errors import NotFound
from engine.core.explain import Held, Scene, held_in, scene_of
from engine.core.explain_atom import Why, asked, why
from engine.core.explain_clocks import of_whole
from engine.core.explain_held import Told
from engine.core.explain_past import DECIDING, Past, known_of, telling
from engine.core.ids import numbered
from engine.core.times import format_if_any, format_time
from engine.explained import ExplainAnswer, Holder, LinkAnswer, ToldAnswer, WhyAnswer
from engine.journeys import Journeys
from engine.ports import Pause, Pauses, ProcessRow, Reads
from engine.services.calls import Call
from engine.services.candidates import Candidates
from engine.services.unknown import no_process

DEEPEST: Final = 3
"""How many generations of children are explained within the answer about their parent."""
MOST_CHILDREN: Final = 20
"""How many children are, in all; the longest open ones first."""
MOST_EVENTS: Final = 1000
"""How many of the newest events are read for the reasons they hold."""

_DECIDING: Final = tuple(fact.name for fact in DECIDING)


@dataclass(slots=True)
class _Asking:
    """One question: who asks, and how many children may still be looked at."""

    call: Call
    children: int = MOST_CHILDREN


class Explaining:
    """Explains processes to those who may see them. A child that the caller may not see is named, not explained."""

    def __init__(self, journeys: Journeys, reads: Reads, pauses: Pauses, candidates: Candidates) -> None:
        self._candidates = candidates
        self._journeys = journeys
        self._reads = reads
        self._pauses = pauses

    async def explain(self, call: Call, id: str, atom: str | None = None) -> ExplainAnswer:
        """What holds a process; with an `atom`, why that one has or has not started or was skipped, and what holds it.

        Raises:
            NotFound: `process_not_found`; `atom_not_found`, where its version has no such atom.
        """
        row = await self._reads.process(id, call.caller)
        if row is None or not row.visible:
            raise no_process(id)
        return replace(await self._explain(call, row, atom), workers_paused=_rest(await self._pauses.current()))

    async def _explain(self, call: Call, row: ProcessRow, atom: str | None) -> ExplainAnswer:
        asking = _Asking(call)
        scene = await self._scene(row)
        if atom is None:
            return await self._answer(asking, row, scene, held_in(scene), DEEPEST)
        if atom not in scene.journey.atoms:
            raise NotFound("atom_not_found", f"The process has no atom {atom}.")
        events = await self._reads.newest_events(row.process.id, _DECIDING, asked(scene, atom), MOST_EVENTS)
        found = why(scene, atom, Past.of(events))
        return replace(await self._answer(asking, row, scene, found.leaves, DEEPEST), atom=_why(found))

    async def _scene(self, row: ProcessRow) -> Scene:
        process = row.process
        journey = await self._journeys.get(process.journey, process.version)
        types = telling(process)
        events = await self._reads.newest_events(process.id, types, None, MOST_EVENTS) if types else ()
        actions = {task.action for task in process.open_tasks() if task.action}
        now, busy, resting = await self._reads.action_states(sorted(actions))
        prospects = await self._candidates.prospects(journey, process)
        known = replace(known_of(process, events, now, busy, resting), prospects=prospects)
        return scene_of(journey, process, known)

    async def _answer(
        self, asking: _Asking, row: ProcessRow, scene: Scene, found: Sequence[Held], generations: int
    ) -> ExplainAnswer:
        process = row.process
        holders = [_holder(process.id, held) for held in found]
        for place, held in enumerate(found):
            if held.child and generations and asking.children:
                asking.children -= 1
                child = await self._child(asking, held.child, generations - 1)
                holders[place] = replace(holders[place], child=child)
        named = {atom for held in found for atom in (*held.unblocks, *held.writers, held.atom) if atom}
        names = {atom: scene.journey.atoms[atom].name for atom in scene.journey.atoms if atom in named}
        whole = tuple(told for one in of_whole(scene) if (told := _told(one)))
        return ExplainAnswer(process.id, process.status, tuple(holders), row.title, names=names, service_levels=whole)

    async def _child(self, asking: _Asking, id: str, generations: int) -> ExplainAnswer | None:
        """What holds a child; None where it has not begun yet, or is not for the caller to see."""
        row = await self._reads.process(id, asking.call.caller)
        if row is None or not row.visible:
            return None
        scene = await self._scene(row)
        return await self._answer(asking, row, scene, held_in(scene), generations)


def _rest(pause: Pause | None) -> str | None:
    if pause is None:
        return None
    since = format_time(pause.since)
    return f"All workers are paused since {since} by {pause.by}: {pause.reason} No action is begun and no timer fires."


def _holder(process: str, held: Held) -> Holder:
    addressable = held.kind in ("task", "incident")
    return Holder(
        kind=held.kind,
        atom=held.atom,
        visit=held.visit,
        since=format_time(held.since),
        who=held.who,
        needs=held.needs,
        unblocks=held.unblocks,
        text=held.text,
        id=numbered(process, held.n) if addressable else held.child,
        name=held.name,
        item_index=held.item_index,
        due_at=format_if_any(held.due_at),
        writers=held.writers,
        documents=held.documents,
        sla=_told(held.told),
    )


def _told(told: Told | None) -> ToldAnswer | None:
    if told is None:
        return None
    shown = sla_answer(told.clock)
    return ToldAnswer(
        shown.status, shown.target_at, shown.level, shown.standing, shown.left, told.of, told.name, told.text
    )


def _why(found: Why) -> WhyAnswer:
    return WhyAnswer(
        atom=found.atom,
        name=found.name,
        visit=found.visit,
        state=found.state,
        text=found.text,
        reasons=found.reasons,
        path=tuple(
            LinkAnswer(link.atom, link.source, link.kind, link.state, link.text, link.on, link.rule)
            for link in found.path
        ),
    )
