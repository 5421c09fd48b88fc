"""Checks the rules of a document: what `engine.core.rules` finds in each, and the names that nothing declares."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from engine.core.rules import Rule, check
from engine.loading.context_names import ContextNames
from engine.loading.draft import Draft, RulePlace
from engine.loading.finding import Report
from engine.loading.tree import Path
from engine.loading.wording import nearest, sentence, short


def check_rules(draft: Draft, names: ContextNames, report: Report) -> None:
    """Adds what is wrong with the rules of a draft to the report."""
    for place in draft.rules:
        if place.by_name and isinstance(place.logic, str):
            continue
        defects = check(place.logic)
        for defect in defects:
            path = (*place.path, *_path(place.logic, defect.pointer))
            report.error(defect.code, path, sentence(defect.message), sentence(defect.fix))
        if not defects:
            _unknown(place, names, report)


def _unknown(place: RulePlace, names: ContextNames, report: Report) -> None:
    for name in Rule.compile(place.logic).reads:
        if names.declares(name):
            continue
        message = f"The rule reads `{short(name)}`, which nothing of this version declares."
        fix = "Declare it in `context`, or let an atom's `output`, `sets`, `saves` or table write it."
        path = next(_mentions(place.logic, name, ()), ())
        near = nearest(name, names.known)
        if near and near != name.partition(".")[0]:
            fix = f"Did you mean `{near}`? {fix}"
        report.error("rule_unknown_name", (*place.path, *path), message, fix)


def _mentions(logic: Any, name: str, path: Path) -> Iterator[Path]:
    """Where a rule's `var`, `missing` or `missing_some` names `name`."""
    if isinstance(logic, list):
        for index, element in enumerate(cast("Sequence[Any]", logic)):
            yield from _mentions(element, name, (*path, index))
    elif isinstance(logic, dict):
        for operator, arguments in cast("dict[str, Any]", logic).items():
            if operator in ("var", "missing", "missing_some"):
                yield from _texts(arguments, name, (*path, operator), first=operator == "var")
            yield from _mentions(arguments, name, (*path, operator))


def _texts(arguments: Any, name: str, path: Path, *, first: bool) -> Iterator[Path]:
    if isinstance(arguments, list):
        elements = cast("Sequence[Any]", arguments)
        for index, element in enumerate(elements[:1] if first else elements):
            yield from _texts(element, name, (*path, index), first=False)
    elif not isinstance(arguments, dict) and str(arguments) == name:
        yield path


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
