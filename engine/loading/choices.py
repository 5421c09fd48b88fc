"""Warns of edges that can never be taken (`edge_never`), and of rules of a `split: first` that can both be true
(`rule_overlap`): R2 and R7, decided over all cases that the context schema allows.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from engine.core.rules import Rule
from engine.core.schemas import Schema
from engine.loading.boxes import Budget, Exhausted
from engine.loading.case_names import CaseNames, Source
from engine.loading.cases import Cases, holds_in
from engine.loading.context_names import output_schema
from engine.loading.domains import spelled
from engine.loading.draft import Draft, DraftAtom, DraftEdge, written_out
from engine.loading.finding import Report
from engine.loading.formulas import Formula, formula_of
from engine.loading.presence import Presence
from engine.loading.tree import Path
from engine.loading.wording import listed, short

_OPERATIONS: Final = 60_000
"""For all edges of a document; one exit takes at most a tenth."""
_NARROW: Final = "Correct the rule or the bounds in `context`, or remove the edge."
_ORDER: Final = "Put the narrower rule first (`priority`, or the order in the file), or remove the edge."
_EXCLUDE: Final = "Narrow one of them so that they exclude each other, such as by a bound that the other begins at."


@dataclass(frozen=True, slots=True)
class _Choice:
    """An edge that an exit looks at; `formula` is what its rule says, None where it has no rule."""

    edge: DraftEdge
    logic: Any
    formula: Formula | None

    @property
    def unconditional(self) -> bool:
        """Whether it is taken whenever it is looked at."""
        return self.formula is None and not self.edge.otherwise

    @property
    def place(self) -> Path:
        return (*self.edge.path, "rule") if self.edge.ruled else self.edge.path


def check_choices(draft: Draft, context: Source | None, presence: Presence, report: Report) -> None:
    """Adds a warning for every edge that no case takes, and for rules that do not exclude each other.

    Args:
        context: the context schema; None where the version has none.
    """
    budget = Budget(_OPERATIONS)
    for atom in draft.atoms:
        for on, choices in _exits(draft, atom):
            blocked = dict(_blocked(atom, choices))
            for place, reason in blocked.items():
                message = f"The edge to `{choices[place].edge.target}` is never taken: {reason}."
                report.warning(
                    "edge_never", choices[place].place, message, "Remove it, or what keeps it from being taken."
                )
            if all(choice.formula is None for choice in choices):
                continue
            names = CaseNames(context, _own(draft, atom, on), presence.at_exit(atom.id, on), _replaced(atom))
            part = budget.part(_OPERATIONS // 10)
            with suppress(Exhausted):
                _Exit(atom, choices, frozenset(blocked), Cases(_formulas(choices), names, part)).warn(report)
            budget.give_back(part)


class _Exit:
    """The edges that one exit of an atom looks at, in order, and the cases they tell apart."""

    def __init__(self, atom: DraftAtom, choices: list[_Choice], blocked: frozenset[int], cases: Cases) -> None:
        self._atom = atom
        self._first = _is_first(atom)
        self._choices = choices
        self._blocked = blocked
        self._cases = cases

    def warn(self, report: Report) -> None:
        """Adds what is found to the report.

        Raises:
            Exhausted: when it takes too long; what was found until then is in the report.
        """
        self._never(report)
        if self._first:
            for rework in (True, False):
                self._overlaps([found for found in self._choices if found.edge.rework is rework], report)

    def _never(self, report: Report) -> None:
        """R7: forward edges are looked at when no rework edge was taken; R2: of `split: first` up to the first."""
        space = self._cases.space
        left = space.everything
        before: list[_Choice] = []
        for place, choice in enumerate(self._choices):
            if choice.formula is None:
                continue
            may = self._cases.may(choice.formula)
            if place not in self._blocked:
                if not may.true:
                    self._false(choice, choice.formula, report)
                elif not space.both(may.true, left):
                    self._covered(choice, choice.formula, before, report)
            if self._first or choice.edge.rework:
                left = space.both(left, may.false)
                before.append(choice)

    def _false(self, choice: _Choice, formula: Formula, report: Report) -> None:
        allowed = [f"`{short(name)}` is {told}" for name, told in self._cases.told(formula).items()]
        why = f" ({'; '.join(allowed[:4])})" if allowed else ""
        message = f"The edge to `{choice.edge.target}` is never taken: no case makes its rule true{why}."
        report.warning("edge_never", choice.place, message, _NARROW)

    def _covered(self, choice: _Choice, formula: Formula, before: list[_Choice], report: Report) -> None:
        space = self._cases.space
        mine = self._cases.may(formula).true
        covering = [
            found for found in before if found.formula and space.both(mine, self._cases.may(found.formula).true)
        ]
        taken = listed(dict.fromkeys(str(found.edge.target) for found in covering), most=4)
        example = self._example(choice, None)
        such = f", such as with {_told(example)}" if example else ""
        message = (
            f"The edge to `{choice.edge.target}` is never taken: whenever its rule is true{such}, "
            f"that of an edge looked at before it is true too ({taken})."
        )
        report.warning("edge_never", choice.place, message, _ORDER, example=example)

    def _overlaps(self, choices: list[_Choice], report: Report) -> None:
        ruled = [choice for choice in choices if choice.formula is not None]
        for place, later in enumerate(ruled):
            shared = [
                (earlier, example)
                for earlier in ruled[:place]
                if (example := self._example(later, earlier)) is not None
            ]
            if not shared:
                continue
            first, example = shared[0]
            others = listed(dict.fromkeys(str(earlier.edge.target) for earlier, _ in shared), most=4)
            such = f", such as with {_told(example)}" if example else ""
            message = (
                f"The rules of the edges to {others} and to `{later.edge.target}` can be true at once{such}; "
                f"then only the edge to `{first.edge.target}`, which is looked at before, is taken."
            )
            report.warning("rule_overlap", later.place, message, _EXCLUDE, example=example)

    def _example(self, choice: _Choice, other: _Choice | None) -> dict[str, Any] | None:
        """A case in which the rules of both, or of the one, are true; None where it is not sure that there is one."""
        found = [known for known in (choice, other) if known is not None]
        formulas = list(_formulas(found))
        region = self._cases.space.everything
        for formula in formulas:
            region = self._cases.space.both(region, self._cases.can(formula).true)
        if not region:
            return None
        example = self._cases.example(region[0], formulas)
        rules = [Rule.compile(known.logic) for known in found]
        return example if all(holds_in(rule, example) for rule in rules) else None


def _exits(draft: Draft, atom: DraftAtom) -> Iterator[tuple[str, list[_Choice]]]:
    """The edges of each exit in the order they are looked at: those that lead back first (R7)."""
    edges = sorted(atom.edges, key=lambda edge: (not edge.rework, edge.priority))
    for on in dict.fromkeys(edge.on for edge in edges):
        yield on, [_choice(draft, edge) for edge in edges if edge.on == on]


def _choice(draft: Draft, edge: DraftEdge) -> _Choice:
    if not edge.ruled:
        return _Choice(edge, None, None)
    logic = written_out(draft, edge.named or edge.logic)
    return _Choice(edge, logic, formula_of(logic))


def _formulas(choices: list[_Choice]) -> Iterator[Formula]:
    return (choice.formula for choice in choices if choice.formula is not None)


def _blocked(atom: DraftAtom, choices: list[_Choice]) -> Iterator[tuple[int, str]]:
    """The edges that what has no rule keeps from being taken, by place, and why."""
    if atom.keys.get("terminate"):
        yield from ((place, "this milestone ends the process at once (R8)") for place in range(len(choices)))
        return
    first = _is_first(atom)
    onward = next((found.edge for found in choices if first and found.unconditional and not found.edge.rework), None)
    always: DraftEdge | None = None
    otherwise: DraftEdge | None = None
    for place, choice in enumerate(choices):
        edge = choice.edge
        instead = always or (onward if edge.otherwise else None)
        if instead:
            yield place, f"the edge to `{instead.target}` has no rule, so it is always taken instead"
        elif edge.otherwise and first and otherwise:
            yield place, f"`split: first` takes only the first `otherwise`, which leads to `{otherwise.target}`"
        elif edge.otherwise:
            otherwise = otherwise or edge
        elif choice.unconditional and (edge.rework or first):
            always = edge


def _is_first(atom: DraftAtom) -> bool:
    return bool(atom.keys.get("split") == "first")


def _own(draft: Draft, atom: DraftAtom, on: str) -> Source | None:
    """The output that surely was saved when the atom exits."""
    output = output_schema(draft, atom)
    if on != "done" or output is None or "for_each" in atom.given:
        return None
    saves = atom.keys.get("saves")
    return Source(Schema(output), output, tuple(saves.split(".")) if saves else ())


def _replaced(atom: DraftAtom) -> frozenset[str]:
    return frozenset(atom.keys.get("sets", {}))


def _told(example: Mapping[str, Any], prefix: str = "") -> str:
    """A small context in one line, such as `amount 5, person.age 30`."""
    parts: list[str] = []
    for name, value in example.items():
        if isinstance(value, Mapping) and value:
            parts.append(_told(cast("Mapping[str, Any]", value), f"{prefix}{name}."))
        else:
            parts.append(f"`{prefix}{name}` {spelled(value)}")
    return " and ".join(parts)
