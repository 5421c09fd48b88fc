"""In which cases rules are true and in which false: regions over the cells of the names they read.

A rule is neither where it fails, as a `var` without a value does (R9). What is unclear counts as possible for what
`may` be and as impossible for what `can` surely be, so that neither answer says too much.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.core.rules import Rule, RuleError, truthy
from engine.loading.boxes import NOTHING, Box, Budget, Region, Space
from engine.loading.case_names import CaseNames, nest, nested
from engine.loading.cells import ABSENT, Cell, cells_of, is_number
from engine.loading.domains import Domain
from engine.loading.formulas import Formula, Joined, Negated, Test, is_clear, tests_of


@dataclass(frozen=True, slots=True)
class Truth:
    """The cases in which a rule is true, and those in which it is false."""

    true: Region
    false: Region


@dataclass(frozen=True, slots=True)
class _Variable:
    """A name that is decided: its place in a box, its domain and its cells."""

    place: int
    domain: Domain
    cells: tuple[Cell, ...]


class Cases:
    """The cases that the formulas of some rules tell apart."""

    def __init__(self, formulas: Iterable[Formula], names: CaseNames, budget: Budget) -> None:
        self._budget = budget
        tests = [test for formula in formulas for test in tests_of(formula)]
        self._variables = _variables(tests, names)
        self._may: dict[int, Truth] = {}
        self._can: dict[int, Truth] = {}
        self._cells: dict[int, tuple[int, int]] = {}
        ordered = self._variables.values()
        self.space = Space([len(variable.cells) for variable in ordered], budget)
        self._sure = tuple(sum(1 << bit for bit, cell in enumerate(found.cells) if cell.sure) for found in ordered)

    def may(self, formula: Formula) -> Truth:
        """Outside of these cases it is surely not true, or not false.

        Raises:
            Exhausted: when it takes too long; so do the others.
        """
        key = id(formula)
        if key not in self._may:
            self._may[key] = self._truth(formula, Truth(self.space.everything, self.space.everything))
        return self._may[key]

    def can(self, formula: Formula) -> Truth:
        """In these cases it surely is true, or false; each of them can be."""
        key = id(formula)
        if key not in self._can:
            clear = is_clear(formula) and self._decides(formula)
            truth = self.may(formula) if clear else self._truth(formula, Truth(NOTHING, NOTHING))
            sure = (self._sure,) if all(self._sure) else NOTHING
            self._can[key] = Truth(self.space.both(truth.true, sure), self.space.both(truth.false, sure))
        return self._can[key]

    def told(self, formula: Formula) -> dict[str, str]:
        """What may be under each name that a formula is decided by, in words."""
        names = dict.fromkeys(test.name for test in tests_of(formula))
        return {name: self._variables[name].domain.told() for name in names if name in self._variables}

    def example(self, box: Box, formulas: Iterable[Formula]) -> dict[str, Any]:
        """The context of one case in a box, with the names that the formulas read."""
        context: dict[str, Any] = {}
        for name in dict.fromkeys(test.name for formula in formulas for test in tests_of(formula)):
            variable = self._variables.get(name)
            if variable is None:
                continue
            mask = box[variable.place]
            value = variable.cells[(mask & -mask).bit_length() - 1].value
            if value is not ABSENT:
                nest(context, name.split("."), value)
        return context

    def _truth(self, formula: Formula, unclear: Truth) -> Truth:
        match formula:
            case Test():
                return self._tested(formula, unclear)
            case Negated():
                truth = self._truth(formula.part, unclear)
                return Truth(truth.false, truth.true)
            case Joined():
                return self._joined(formula, unclear)
            case "always":
                return Truth(self.space.everything, NOTHING)
            case "never":
                return Truth(NOTHING, self.space.everything)
            case "unclear":
                return unclear

    def _joined(self, formula: Joined, unclear: Truth) -> Truth:
        """`and` goes on while its parts are true, `or` while they are false; what stops it decides it."""
        going = self.space.everything
        stopped = NOTHING
        for part in formula.parts:
            truth = self._truth(part, unclear)
            on, off = (truth.true, truth.false) if formula.by == "and" else (truth.false, truth.true)
            stopped = self.space.either(stopped, self.space.both(going, off))
            going = self.space.both(going, on)
        return Truth(going, stopped) if formula.by == "and" else Truth(stopped, going)

    def _tested(self, test: Test, unclear: Truth) -> Truth:
        variable = self._variables.get(test.name)
        if variable is None or not _exact(test, variable.domain):
            return unclear
        if id(test) not in self._cells:
            self._cells[id(test)] = self._evaluated(test, variable)
        true, false = self._cells[id(test)]
        return Truth(self.space.where(variable.place, true), self.space.where(variable.place, false))

    def _evaluated(self, test: Test, variable: _Variable) -> tuple[int, int]:
        self._budget.spend(10 + 3 * len(variable.cells))
        rule = Rule.compile(test.logic)
        true = false = 0
        for bit, cell in enumerate(variable.cells):
            holds = holds_in(rule, nested(test.name, cell.value))
            true |= (holds is True) << bit
            false |= (holds is False) << bit
        return true, false

    def _decides(self, formula: Formula) -> bool:
        tests = tests_of(formula)
        return all(test.name in self._variables and _exact(test, self._variables[test.name].domain) for test in tests)


def holds_in(rule: Rule, context: Mapping[str, Any]) -> bool | None:
    """Whether a rule is true in a case; None where it fails."""
    try:
        return truthy(rule.evaluate(context))
    except RuleError:
        return None


def _variables(tests: list[Test], names: CaseNames) -> dict[str, _Variable]:
    """The names that can be decided: what they may be is known, and none of them lies inside another."""
    constants: dict[str, list[Any]] = {}
    for test in tests:
        constants.setdefault(test.name, []).extend(test.constants)
    tangled = _tangled(constants)
    found: dict[str, _Variable] = {}
    for name, compared in constants.items():
        domain = None if name in tangled else names.domain(name)
        if domain is not None:
            cells = cells_of(domain, compared, partial(names.fits, name))
            found[name] = _Variable(len(found), domain, tuple(cells))
    return found


def _tangled(names: Iterable[str]) -> set[str]:
    """The names that lie inside others of them, and those others."""
    given = set(names)
    found: set[str] = set()
    for name in given:
        parts = name.split(".")
        around = {".".join(parts[:length]) for length in range(1, len(parts))} & given
        found |= {name, *around} if around else set()
    return found


def _exact(test: Test, domain: Domain) -> bool:
    """Whether the cells tell all that the test does: a text beside a number counts by what it spells, which they do
    not.
    """
    return domain.finite or not (test.loose and "string" in domain.kinds and any(map(is_number, test.constants)))
