"""Rules: JSONLogic over the case data, checked once, compiled once into closures, run exactly and within bounds.

::

    check(logic)          every defect of a rule as written
    Rule.compile(logic)   the rule, ready to run any number of times
    rule.evaluate(data)   its value, or Unresolved / RuleFailed; never false instead
    rule.trace(data)      its value and why: what was read, what was compared

Inside `map`, `filter`, `all`, `none` and `some` a `var` addresses the element (`""` is the element itself), in `reduce`
the object `{current, accumulator}`; the context and the reserved names are not seen there, and a name the element lacks
is `Unresolved` like any other. In place of a list null counts as an empty one; anything else fails. Arguments are
evaluated before their operator, but for `if`, `and`, `or` and the default of a `var`: only those that are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.core.operators import truthy
from engine.core.rule_check import check
from engine.core.rule_compile import Node, compile_rule
from engine.core.rule_errors import Defect, RuleDefects, RuleError, RuleFailed, Unresolved
from engine.core.rule_run import Recorder, Run, Trace

__all__ = [
    "RESERVED",
    "Defect",
    "Rule",
    "RuleDefects",
    "RuleError",
    "RuleFailed",
    "Trace",
    "Unresolved",
    "check",
    "truthy",
]

RESERVED: Final = frozenset({"process", "atom", "item", "item_index", "now"})
"""Names that rules see beside the context (R9); no context name may be one of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule that can be run. Two rules are equal when they are written alike.

    `logic` is the JSONLogic as written; it must not be changed. `reads` are the dotted context names it is known to
    read (`var`, `missing`, `missing_some` outside the scope of an element, reserved names left out), in order. A
    `closed` rule reads nothing else: no reserved name, none that it computes, nor the case data as a whole.
    """

    logic: Any
    reads: tuple[str, ...]
    closed: bool
    _node: Node = field(repr=False)
    _builds: bool = field(repr=False)

    @staticmethod
    def compile(logic: Any) -> "Rule":
        """The rule that `logic` writes; a value that is no operator is a rule that gives itself.

        Raises:
            RuleDefects: when `check` finds any defect.
        """
        defects = check(logic)
        if defects:
            raise RuleDefects(defects)
        compiled = compile_rule(logic)
        reads = tuple(name for name in compiled.reads if name.partition(".")[0] not in RESERVED)
        return Rule(logic, reads, compiled.closed and len(reads) == len(compiled.reads), compiled.node, compiled.builds)

    def evaluate(self, data: Mapping[str, Any]) -> Any:
        """The rule's value on `data`: the context and the reserved names, JSON values.

        Raises:
            Unresolved: when a `var` without a default finds nothing.
            RuleFailed: when an operator cannot work with what it is given, or the rule goes beyond its bounds.
        """
        return self._run(data, Run())

    def trace(self, data: Mapping[str, Any]) -> tuple[Any, Trace]:
        """The same value as `evaluate`, and why.

        Raises:
            Unresolved, RuleFailed: as `evaluate`.
        """
        recorder = Recorder()
        value = self._run(data, Run(recorder))
        return value, recorder.trace()

    def _run(self, data: Mapping[str, Any], run: Run) -> Any:
        value = self._node(data, run)
        if self._builds:
            run.weigh(value)
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and repr(self.logic) == repr(other.logic)

    def __hash__(self) -> int:
        return hash(repr(self.logic))
