"""What an exit does before it leads on: its table, its `sets`, its edges, in this order (R9, R2, R7).

An incident may stop it between two of them; a retry goes on where it stopped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from engine.core import context
from engine.core.events import EdgeResult, IncidentCode, Stage
from engine.core.frozen import Frozen, changed
from engine.core.journey import Edge, Journey, Row, Table
from engine.core.process import Process, Step
from engine.core.routing import EdgeRuleFailed, NoPath, split
from engine.core.rules import Rule, RuleError, RuleFailed, Unresolved, truthy
from engine.core.scope import Scope

_T = TypeVar("_T")
_EXITED = {"done": "done", "error": "over with an error", "timeout": "timed out"}


class Failure(Frozen, frozen=True):
    """Why a step is held: an incident to be raised."""

    stage: Stage
    code: IncidentCode
    message: str
    fix: str


class Departure(Frozen, frozen=True):
    """How far an exit came: the values it set, in order, and its edges; `failure` where it stopped.

    `back` is the atom that it leads back to (R7). Neither `edges` nor `failure`: it terminates the process (R8).
    """

    sets: tuple[tuple[str, Any], ...]
    edges: tuple[EdgeResult, ...] | None
    failure: Failure | None = None
    back: str | None = None


@dataclass(frozen=True, slots=True)
class _Stop(Exception):
    failure: Failure


def depart(
    scope: Scope,
    process: Process,
    step: Step,
    now: datetime,
    output: Any,
    stage: Stage,
    saved: context.Context | None = None,
) -> Departure:
    """What the exit of `step` does from `stage` on. `saved` are the case data with its output, if not there yet."""
    case = process.context if saved is None else saved
    sets: list[tuple[str, Any]] = []
    atom = scope.journey.atoms[step.atom]
    seen = context.Seen(case, lambda: context.seen_by_rules(process, step, now, output, saved=case))
    try:
        if stage == "table" and (table := atom.table):
            values = _guard("table", f"the table of {atom.id}", lambda: _table(table, seen))
            seen = _keep(scope.journey, case, seen, sets, values, "table")
        if stage in ("table", "sets") and atom.sets:
            values = _guard("sets", f"the sets of {atom.id}", lambda: _in_turn(atom.sets, seen))
            seen = _keep(scope.journey, case, seen, sets, values, "sets")
        if atom.terminate:
            return Departure(tuple(sets), None)
        edges, back = _edges(scope, process, step, seen)
    except _Stop as stop:
        return Departure(tuple(sets), None, stop.failure)
    return Departure(tuple(sets), edges, None, back)


@dataclass(frozen=True, slots=True)
class NoValue(Exception):
    """A rule before the start has no value; `failure` is the incident."""

    failure: Failure


def evaluated(rule: Rule, key: str, atom: str, seen: context.Seen) -> Any:
    """The value of the rule under `key` of `atom`, before its start.

    Raises:
        NoValue: when it cannot be decided.
    """
    try:
        return rule.evaluate(seen(rule))
    except RuleError as error:
        raise NoValue(failure("input", f"the {key} of {atom}", error)) from error


def failure(stage: Stage, place: str, error: RuleError) -> Failure:
    """What a rule that cannot be decided becomes: `unresolved` or `rule_failed` (R9)."""
    if isinstance(error, Unresolved):
        return Failure(
            stage,
            "unresolved",
            f"In {place}, the name {error.name} has no value.",
            f"Give {error.name} a value in the context, then retry; or let the rule name a default.",
        )
    return Failure(
        stage,
        "rule_failed",
        f"In {place}, the rule cannot be decided: {error}.",
        "Correct the values that the rule reads in the context, then retry.",
    )


def _guard(stage: Stage, place: str, compute: Callable[[], _T]) -> _T:
    try:
        return compute()
    except RuleError as error:
        raise _Stop(failure(stage, place, error)) from error


def _keep(
    journey: Journey,
    case: context.Context,
    seen: context.Seen,
    sets: list[tuple[str, Any]],
    values: Sequence[tuple[str, Any]],
    stage: Stage,
) -> context.Seen:
    """Takes the values into `sets`, where the case data may hold them; gives what the rules after them see."""
    if not values:
        return seen
    names = {name.partition(".")[0] for name, _ in values}
    errors = journey.schemas.errors("context", context.assign(context.assign(case, sets), values), names)
    if errors:
        first = errors[0]
        raise _Stop(
            Failure(
                stage,
                "rule_failed",
                f"A value set here breaks the case data's schema at {first['pointer'] or '/'}: {first['message']}.",
                "Correct the values that the rule reads in the context, then retry.",
            )
        )
    sets.extend(values)
    return seen.after(values)


def _in_turn(rules: Iterable[tuple[str, Rule]], seen: context.Seen) -> list[tuple[str, Any]]:
    values: list[tuple[str, Any]] = []
    for name, rule in rules:
        values.append((name, rule.evaluate(seen(rule))))
        seen = seen.after(values[-1:])
    return values


def _table(table: Table, seen: context.Seen) -> list[tuple[str, Any]]:
    hits: list[Row] = []
    numbers: list[str] = []
    for number, row in enumerate(table.rows, 1):
        if truthy(row.rule.evaluate(seen(row.rule))):
            hits.append(row)
            numbers.append(str(number))
            if table.hit == "first":
                break
    if table.hit == "unique" and len(hits) > 1:
        raise RuleFailed(f"rows {', '.join(numbers)} of a unique table are all true")
    chosen = [pair for row in hits for pair in row.sets] if hits else table.otherwise
    found = [(name, rule.evaluate(seen(rule))) for name, rule in chosen]
    if table.hit != "collect":
        return found
    return [(name, [value for hit, value in found if hit == name]) for name in table.names]


def _edges(scope: Scope, process: Process, step: Step, seen: context.Seen) -> tuple[tuple[EdgeResult, ...], str | None]:
    try:
        edges, back = split(scope, step.atom, step.exit or "done", seen)
    except EdgeRuleFailed as error:
        named = f"rule {error.rule_id} on the edge" if error.rule_id else "edge"
        raise _Stop(failure("edges", f"the {named} from {step.atom} to {error.target}", error.cause)) from error
    except NoPath as error:
        raise _Stop(
            Failure(
                "edges",
                "no_path",
                f"{step.atom} is {_EXITED[step.exit or 'done']}, but none of its edges can be taken.",
                "Change the context so that one of its rules is true, then retry.",
            )
        ) from error
    if back is None or back.target not in scope.atoms:
        return edges, None
    # An instant atom is not active in the marking while it exits: its own visit counts all the same.
    steps = {**process.steps, step.atom: changed(step, state="active")}
    if (worn := _worn(scope, steps, back)) is not None:
        raise _Stop(
            Failure(
                "edges",
                "rework_limit",
                f"{step.atom} leads back to {back.target}, but {worn} has been visited {_times(scope, worn)}.",
                f"Change the context so that it does not lead back and retry, or skip {step.atom} to another edge.",
            )
        )
    return edges, back.target


def _worn(scope: Scope, steps: Mapping[str, Step], back: Edge) -> str | None:
    """The atom whose `max_visits` does not let `back` be taken (R7); None where it may be.

    A target that still waits gets no new visit, and might never start before its source leads back to it once more:
    then the visits of the source are what has an end.
    """
    if not may_visit_again(scope, steps, back.target):
        return back.target
    target = steps.get(back.target)
    waits = target is None or target.state == "waiting"
    return back.source if waits and not may_visit_again(scope, steps, back.source) else None


def may_visit_again(scope: Scope, steps: Mapping[str, Step], atom: str) -> bool:
    """Whether `max_visits` leaves room for the visit that a rework would open (R7)."""
    step = steps.get(atom)
    return step is None or step.state == "waiting" or step.visit < scope.journey.atoms[atom].max_visits


def _times(scope: Scope, atom: str) -> str:
    most = scope.journey.atoms[atom].max_visits
    return "once, as often as it may be" if most == 1 else f"{most} times, as often as it may be"
