"""Where cases stand: what their versions call the places that they are at, whom they wait for and what holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.answers import Place, ProcessSummary, Whereabouts
from engine.core.journey import Journey
from engine.core.process import ENDED
from engine.core.times import format_time
from engine.journeys import Journeys
from engine.ports import ActiveStep, Reads, WhereaboutsRow

MOST: Final = 20
"""How many steps, tasks and incidents are told of one case; its summary has the numbers of all."""


async def located(reads: Reads, journeys: Journeys, cases: Sequence[ProcessSummary]) -> tuple[ProcessSummary, ...]:
    """The cases, those that have not ended with where they stand: one statement, however many they are."""
    ids = [case.id for case in cases if case.status not in ENDED]
    rows: Mapping[str, WhereaboutsRow] = await reads.whereabouts(ids, MOST) if ids else {}
    found: dict[str, Whereabouts] = {}
    for id, row in rows.items():
        journey = await journeys.get(row.journey, row.version)
        places = tuple(_place(journey, step) for step in row.steps)
        found[id] = Whereabouts(places, row.tasks, row.incidents)
    return tuple(replace(case, at=found.get(case.id)) for case in cases)


def _place(journey: Journey, step: ActiveStep) -> Place:
    atom = journey.atoms[step.atom]
    modules = {module.id: module for module in journey.definition.modules}
    phases = {phase.id: phase.name for phase in journey.definition.phases}
    module = modules.get(atom.module or "")
    phase = atom.phase or (module.phase if module else None)
    return Place(
        atom=atom.id,
        visit=step.visit,
        name=atom.name,
        phase=phases.get(phase or ""),
        module=module.name if module else None,
        since=format_time(step.since),
    )
