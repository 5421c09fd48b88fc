"""What can be wrong with a rule: defects when it is loaded, errors when it runs.

A `Defect` is found by reading a rule and refuses the document (`rule_operator`, `rule_arity`, `rule_shape`,
`rule_size`). A `RuleError` is met while a rule runs on a case and becomes an incident: `Unresolved` the incident
`unresolved`, `RuleFailed` the incident `rule_failed` (R9). Neither ever counts as false.
"""

from dataclasses import dataclass
from typing import Literal

DefectCode = Literal["rule_operator", "rule_arity", "rule_shape", "rule_size"]


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing wrong with a rule as written. `pointer` is a JSON pointer (RFC 6901) inside the rule."""

    code: DefectCode
    pointer: str
    message: str
    fix: str


class RuleDefects(ValueError):
    """A rule that cannot be compiled; `defects` holds every reason."""

    def __init__(self, defects: tuple[Defect, ...]) -> None:
        super().__init__("; ".join(f"{defect.pointer or '/'}: {defect.message}" for defect in defects))
        self.defects = defects


class RuleError(Exception):
    """A rule that gives no value for this case. `pointer` says which part of it; None until that part is known."""

    def __init__(self, message: str, pointer: str | None = None) -> None:
        super().__init__(message, pointer)
        self.message = message
        self.pointer = pointer

    def __str__(self) -> str:
        return f"{self.message} (at {self.pointer} of the rule)" if self.pointer else self.message


class Unresolved(RuleError):
    """A `var` without a default found nothing under `name`."""

    def __init__(self, name: str, pointer: str | None = None) -> None:
        super().__init__(f"`{name}` has no value, and the rule gives no default", pointer)
        self.name = name


class RuleFailed(RuleError):
    """An operator was given what it cannot work with, or the rule went beyond its bounds.

    The message names kinds of values, never the values: they may be sensitive.
    """
