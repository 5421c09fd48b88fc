"""Checks the rules of a document: what `engine.core.rules` finds in each, and the names that nothing declares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from engine.core.rules import Rule, check
from engine.loading.context_names import ContextNames
from engine.loading.draft import Draft, DraftAtom, RulePlace
from engine.loading.finding import Report
from engine.loading.tree import Path
from engine.loading.wording import listed, nearest, sentence, short

_FIELDS: Final = {
    "process": ("id", "journey", "version", "started_at", "initiated_by", "business_key"),
    "atom": ("id", "visit", "output", "exit", "outcome"),
}
"""What lies below a reserved name (R9)."""
_OF_ELEMENTS: Final = ("item", "item_index")
_OVER_ELEMENTS: Final = ("map", "filter", "all", "none", "some", "reduce")


def check_rules(draft: Draft, names: ContextNames, report: Report) -> None:
    """Adds what is wrong with the rules of a draft to the report."""
    atoms = {atom.path: atom for atom in draft.atoms}
    for place in draft.rules:
        if place.by_name:
            continue
        defects = check(place.logic)
        for defect in defects:
            path = (*place.path, *_path(place.logic, defect.pointer))
            report.error(defect.code, path, sentence(defect.message), sentence(defect.fix))
        if not defects:
            _unknown(place, names, report)
            _reserved(place, _sees_elements(place, atoms), report)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that a rule reads outside the scope of an element, and where in the rule it is written.

    `needed` says that the rule fails where the name has no value: a `var` without a default.
    """

    name: str
    path: Path
    needed: bool


def mentions(logic: Any, path: Path = ()) -> Iterator[Mention]:
    """Every name that the `var`, `missing` and `missing_some` of a sound rule are known to read, as it is written."""
    if isinstance(logic, list):
        for index, element in enumerate(cast("Sequence[Any]", logic)):
            yield from mentions(element, (*path, index))
    elif isinstance(logic, dict):
        for operator, value in cast("dict[str, Any]", logic).items():
            below = (*path, operator)
            if operator == "var":
                parts = cast("Sequence[Any]", value) if isinstance(value, list) else None
                at = (*below, 0) if parts else below
                yield from _texts(parts[0] if parts else value, at, needed=parts is None or len(parts) == 1)
            elif operator in ("missing", "missing_some"):
                yield from _texts(value, below, needed=False)
            if operator in _OVER_ELEMENTS and isinstance(value, list):
                for index, element in enumerate(cast("Sequence[Any]", value)):
                    if index != 1:
                        yield from mentions(element, (*below, index))
            else:
                yield from mentions(value, below)


def _texts(value: Any, path: Path, *, needed: bool) -> Iterator[Mention]:
    if isinstance(value, list):
        for index, element in enumerate(cast("Sequence[Any]", value)):
            yield from _texts(element, (*path, index), needed=needed)
    elif value is not None and not isinstance(value, dict):
        yield Mention(str(value), path, needed)


def _unknown(place: RulePlace, names: ContextNames, report: Report) -> None:
    for name in Rule.compile(place.logic).reads:
        if names.declares(name):
            continue
        message = f"The rule reads `{short(name)}`, which nothing of this version declares."
        fix = "Declare it in `context`, or let an atom's `output`, `sets`, `saves` or table write it."
        path = next((found.path for found in mentions(place.logic) if found.name == name), ())
        near = nearest(name, names.known)
        if near and near != name.partition(".")[0]:
            fix = f"Did you mean `{near}`? {fix}"
        report.error("rule_unknown_name", (*place.path, *path), message, fix)


def _reserved(place: RulePlace, elements: bool, report: Report) -> None:
    """Reserved names that never have a value where the rule stands."""
    for found in mentions(place.logic):
        head, _, below = found.name.partition(".")
        path = (*place.path, *found.path)
        fields = _FIELDS.get(head, ())
        field = below.partition(".")[0]
        if fields and field and field not in fields:
            message = f"The rule reads `{short(found.name)}`; `{head}` has no `{short(field)}` (R9)."
            near = nearest(field, fields)
            fix = f"Did you mean `{head}.{near}`?" if near else f"Its fields are {listed(fields)}."
            report.error("rule_unknown_name", path, message, fix)
        elif head in _OF_ELEMENTS and found.needed and not elements:
            message = (
                f"The rule reads `{head}`, which has a value only in the `input` of an atom with `for_each` (R14)."
            )
            report.error("rule_unknown_name", path, message, "Read the list itself, or write the rule there.")


def _sees_elements(place: RulePlace, atoms: dict[Path, DraftAtom]) -> bool:
    """Whether a rule is computed for each element of a `for_each`: in the `input` of such an atom."""
    if "input" not in place.path:
        return False
    atom = atoms.get(place.path[: place.path.index("input")])
    return atom is not None and "for_each" in atom.given


def _path(logic: Any, pointer: str) -> Path:
    """A JSON pointer inside of a rule as a path: what leads into a list is a place in it."""
    path: list[str | int] = []
    node = logic
    for segment in pointer.split("/")[1:]:
        name = segment.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal() and int(name) < len(cast("Sequence[Any]", node)):
            path.append(int(name))
            node = cast("Sequence[Any]", node)[int(name)]
        else:
            path.append(name)
            node = cast("dict[str, Any]", node).get(name) if isinstance(node, dict) else None
    return tuple(path)
