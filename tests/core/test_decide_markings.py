"""What `decide` leaves alone and what it says it changed, on the markings that random journeys and scripts lead to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from engine.cases import world
from engine.core import marking, routing
from engine.core.commands import CompleteTask, Start
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.frozen import changed
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.routing import arrivals
from engine.core.scope import Scope
from tests.core.play import ADMIN, NOON, Play, journey_of
from tests.model.bridge import Engine
from tests.model.differential import case_of

SEEDS = range(60)
PARTS = ("steps", "tasks", "incidents", "timers", "waits", "children")


class Witness:
    """Stands in the place of `decide` and notes, by kind, where a decision does not keep what it promises."""

    def __init__(self) -> None:
        self.wrong: dict[str, list[str]] = {}
        self.seen: Counter[str] = Counter()

    def __call__(self, journey: Journey, process: Process | None, command: Any, now: Any) -> Decision:
        given = deepcopy(process)
        decision = decide(journey, process, command, now)
        found = self.of(journey, process, decision)
        found["given"] = whole(given) == whole(process)
        found["again"] = told(decide(journey, process, command, now)) == told(decision)
        for kind in (kind for kind, holds in found.items() if not holds):
            self.wrong.setdefault(kind, []).append(repr(command))
        self.seen += Counter(
            decisions=1, joins=len(decision.after.arrivals), past=len(decision.past), gates=len(decision.after.gates)
        )
        return decision

    def of(self, journey: Journey, before: Process | None, decision: Decision) -> dict[str, bool]:
        after = decision.after
        uncounted, scope = changed(after, arrivals={}), Scope.of(journey, after.part)
        return {
            **{part: differs(before, after, part) == noted(decision, part) for part in PARTS},
            "done": all(open_join(after, atom) for atom in after.arrivals),
            "joins": all(known == arrivals(scope, uncounted, atom) for atom, known in after.arrivals.items()),
            "schema": not journey.schemas.errors("context", after.context),
        }


def open_join(process: Process, atom: str) -> bool:
    step = process.steps.get(atom)
    return step is None or (step.state == "waiting" and step.ready_at is None)


def whole(process: Process | None) -> Any:
    """Everything of a marking, what is no fact of it included."""
    return process and (repr(changed(process, arrivals={})), process.changes, process.arrivals)


def told(decision: Decision) -> Any:
    return repr(decision), [getattr(decision, part) for part in PARTS], decision.past, decision.after.context


def differs(before: Process | None, after: Process, part: str) -> tuple[set[Any], set[Any]]:
    """The keys of a part that are new or changed, and those that are gone, by looking at all of them."""
    was: Mapping[Any, Any] = getattr(before, part) if before else {}
    now: Mapping[Any, Any] = getattr(after, part)
    return {key for key in now if was.get(key) is not now[key]}, set(was) - set(now)


def noted(decision: Decision, part: str) -> tuple[set[Any], set[Any]]:
    name = {"steps": "atom", "children": "id"}.get(part, "n")
    gone = getattr(decision, f"{part}_gone", ())
    return {getattr(one, name) for one in getattr(decision, part)}, set(gone)


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    found = Witness()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "decide", found)
        for seed in SEEDS:
            case = case_of(seed)
            engine = Engine(case.documents)
            for command in case.commands:
                engine.do(deepcopy(command))
    assert min(found.seen[kind] for kind in ("decisions", "joins", "past", "gates")) > 20, "much was seen of each"
    return found


def test_the_marking_that_a_decision_is_made_on_stays_as_it_is(witness: Witness):
    assert "given" not in witness.wrong


def test_the_same_command_on_the_same_marking_at_the_same_time_gives_the_same_decision(witness: Witness):
    assert "again" not in witness.wrong


@pytest.mark.parametrize("part", PARTS)
def test_what_a_decision_says_it_changed_is_what_differs_between_its_markings(witness: Witness, part: str):
    assert part not in witness.wrong


def test_r3_what_is_counted_of_a_join_is_what_looking_at_its_edges_gives_after_resets_too(witness: Witness):
    assert "joins" not in witness.wrong


def test_joins_that_are_ready_or_over_are_counted_no_longer(witness: Witness):
    assert "done" not in witness.wrong


def test_r9_the_case_data_fit_their_schema_though_only_changed_names_are_checked(witness: Witness):
    assert "schema" not in witness.wrong


def test_a_marking_at_rest_is_without_what_ended_and_goes_on_like_the_one_it_was():
    play = Play(fan(3, "all")).start()
    decision = play.done("b0")
    rest = decision.after.at_rest()
    assert [task.atom for task in decision.after.tasks.values()] == ["b0", "b1", "b2"]
    assert [task.atom for task in rest.tasks.values()] == ["b1", "b2"]
    assert changed(rest, tasks=decision.after.tasks) == decision.after
    command = CompleteTask(ADMIN, play.task("b1").n, {})
    assert (
        decide(play.journey, rest, command, play.now).events
        == decide(play.journey, play.process, command, play.now).events
    )


@pytest.mark.parametrize(("join", "needed"), [("all", 12), ("any", 1), ("{count: 7}", 7)])
def test_r3_the_edges_into_a_join_are_looked_at_once_however_many_arrive(monkeypatch: Any, join: str, needed: int):
    looked: list[str] = []

    def counted(scope: Scope, process: Process, atom: str) -> Any:
        looked.append(atom)
        return arrivals(scope, process, atom)

    monkeypatch.setattr(marking, "arrivals", counted)
    monkeypatch.setattr(routing, "arrivals", counted)
    journey = journey_of(fan(12, join))
    process = decide(journey, None, Start(ADMIN, "p1", {}), NOON).after
    for n in range(1, 13):
        process = decide(journey, process, CompleteTask(ADMIN, n, {}), NOON).after
        assert ("j" in [task.atom for task in process.open_tasks()]) == (n >= needed)
    assert looked == ["j"]


def fan(width: int, join: str) -> str:
    """A split into so many tasks, and their join."""
    names = [f"b{n}" for n in range(width)]
    rows = [f"- {{id: {name}, performed_by: clerk, enables: [j]}}" for name in names]
    first = f"- {{id: s, kind: decision, enables: [{', '.join(names)}]}}"
    return "\n".join([first, *rows, f"- {{id: j, performed_by: clerk, join: {join}}}"])
