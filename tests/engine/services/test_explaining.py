"""Children are explained within the answer about their parent: so deep, so many, and only to those who may see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from engine.cases.world import World
from engine.core.callers import Caller
from engine.core.commands import (
    Start,
)
from engine.core.events import Event
from engine.core.explain_held import Prospect, Rest
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.times import format_time
from engine.explained import ExplainAnswer
from engine.journeys import Journeys
from engine.ports import Pause, Pauses, ProcessRow, Reads
from engine.services.calls import Call
from engine.services.candidates import Candidates
from engine.services.explaining import DEEPEST, MOST_CHILDREN, Explaining
from tests.core.play import HEAD, journey_of
from tests.core.stage import NOON

OLGA = Call(Caller("olga"))


class Rows:
    """The reads that explaining needs, from a world in memory; `hidden` are processes that the caller may not see."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hidden: set[str] = set()
        self.looked_at: list[str] = []

    async def process(self, id: str, _: Caller) -> ProcessRow | None:
        self.looked_at.append(id)
        process = self.world.processes.get(id)
        return ProcessRow(process, f"case {id}", id not in self.hidden, ()) if process else None

    async def newest_events(self, id: str, types: Sequence[str], *_: Any) -> list[Event]:
        return [event for event in self.world.histories[id] if event.fact.name in types]

    async def action_states(self, _: Sequence[str]) -> tuple[datetime, frozenset[str], dict[str, Rest]]:
        return self.world.now, frozenset(), {}


class Pausing:
    """The port `Pauses`, as far as explaining asks it."""

    def __init__(self, pause: Pause | None = None) -> None:
        self.pause = pause

    async def current(self) -> Pause | None:
        return self.pause


class Versions:
    """The versions of a world, by the key they have in their documents."""

    def __init__(self, *journeys: Journey) -> None:
        self._journeys = {journey.definition.key: journey for journey in journeys}

    async def get(self, journey: str | None, _: str | None) -> Journey:
        return self._journeys[journey]


def named(key: str, atoms: str, *called: Journey) -> Journey:
    return journey_of(atoms, HEAD.replace("journey: example", f"journey: {key}"), {one.ref: one for one in called})


def opened(journey: Journey, *called: Journey, pause: Pause | None = None, **context: Any) -> tuple[Rows, Explaining]:
    """Process `p1` of `journey`, started."""
    world = World({one.ref: one for one in (journey, *called)}, NOON)
    world.start(journey.ref, Start(OLGA.caller, "p1", context))
    rows = Rows(world)
    versions, pauses = Versions(journey, *called), Pausing(pause)
    world_of_others = cast("Journeys", versions), cast("Reads", rows), cast("Pauses", pauses)
    return rows, Explaining(*world_of_others, cast("Candidates", Nobody()))


class Nobody:
    """No organisation: nothing is told of who gets a task."""

    async def prospects(self, _journey: Journey, _process: Process) -> dict[int, Prospect]:
        return {}


def generations(answer: ExplainAnswer) -> int:
    """How many generations of children are explained."""
    child = next((one.child for one in answer.waiting_for if one.child), None)
    return 1 + generations(child) if child else 0


async def test_that_all_workers_are_paused_is_told_with_who_and_why():
    journey = named("j", "[{id: a, kind: wait, for: PT1H}]")
    _, running = opened(journey)
    assert (await running.explain(OLGA, "p1")).workers_paused is None
    _, paused = opened(journey, pause=Pause(NOON, "rita", "restored."))
    for atom in (None, "a"):
        told = (await paused.explain(OLGA, "p1", atom)).workers_paused
        assert told
        assert told.startswith(f"All workers are paused since {format_time(NOON)} by rita: restored.")


async def test_generations_below_a_depth_are_named_and_not_explained():
    journeys = [named("g0", "[{id: a, performed_by: clerk}]")]
    for number in range(1, DEEPEST + 3):
        below = journeys[-1]
        journeys.append(named(f"g{number}", f"[{{id: a, kind: subjourney, calls: {below.ref}}}]", below))
    _, explaining = opened(journeys[-1], *journeys[:-1])
    answer = await explaining.explain(OLGA, "p1")
    assert generations(answer) == DEEPEST
    last = answer
    for _ in range(DEEPEST):
        (one,) = last.waiting_for
        assert one.child
        last = one.child
    (deep,) = last.waiting_for
    assert deep.kind == "child" and deep.id and deep.child is None


async def test_of_many_children_the_first_are_explained_and_all_are_named():
    child = named("kid", "[{id: a, performed_by: clerk}]")
    many = f"[{{id: a, kind: subjourney, calls: {child.ref}, for_each: {{var: items}}, saves: items}}]"
    rows, explaining = opened(named("many", many, child), child, items=list(range(MOST_CHILDREN + 5)))
    found = (await explaining.explain(OLGA, "p1")).waiting_for
    assert len(found) == MOST_CHILDREN + 5
    assert [one.child is not None for one in found] == [True] * MOST_CHILDREN + [False] * 5
    assert len(rows.looked_at) == MOST_CHILDREN + 1


async def test_a_child_that_the_caller_may_not_see_is_named_and_not_explained():
    child = named("kid", "[{id: a, performed_by: clerk}]")
    rows, explaining = opened(named("one", f"[{{id: a, kind: subjourney, calls: {child.ref}}}]", child), child)
    (shown,) = (await explaining.explain(OLGA, "p1")).waiting_for
    assert shown.child and shown.child.waiting_for[0].kind == "task"
    rows.hidden = {str(shown.id)}
    (hidden,) = (await explaining.explain(OLGA, "p1")).waiting_for
    assert (hidden.id, hidden.child) == (shown.id, None)


async def test_every_atom_that_is_named_by_its_id_has_its_name_beside_it():
    atoms = "[{id: a, name: Sign, performed_by: clerk, enables: [b]}, {id: b, name: File, kind: milestone}]"
    _, explaining = opened(named("two", atoms))
    assert (await explaining.explain(OLGA, "p1")).names == {"a": "Sign", "b": "File"}
