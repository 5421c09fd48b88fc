"""Checks where sensitive data go (`x-sensitive`): only into what is marked, too, or to who works on a task.

What is computed from sensitive data is sensitive. A designer who knows better, as of a mere yes or no, says so with
`x-sensitive: false` where the context declares the name. What rules decide, such as the edge that is taken, is not
followed: that is what the data are for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from engine.core.journey import Atom, Definition, Routes
from engine.core.places import EVERYWHERE, MARK, NOWHERE, Places, places_of
from engine.core.rules import Rule
from engine.core.sensitive import Sensitive, flow, reads, saved_at, seen_by, sensitive_in
from engine.loading.calls import Published, pinned
from engine.loading.draft import Draft, SchemaPlace
from engine.loading.finding import Report
from engine.loading.schema_names import declared_at, objects, subschemas
from engine.loading.tree import Path
from engine.loading.wording import short, shown

CODE: Final = "sensitive_shown"

_NAMING: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_ABOUT_NOTHING: Final = frozenset({"not", "propertyNames", "contentSchema"})
_KEPT_PLAIN: Final[Mapping[str, str]] = {
    "until": "the time of a timer",
    "due": "the due date of a task",
    "correlate": "the key of a message",
    "timeout": "the time of a timer",
}


def check_marks(place: SchemaPlace, report: Report) -> None:
    """Adds what is wrong with the marks of one schema to the report."""
    for path, schema in subschemas(place.schema, place.path):
        mark = schema.get(MARK)
        where = (*path, MARK)
        if mark is None:
            continue
        if not isinstance(mark, bool):
            report.error("bad_value", where, f"`{MARK}` takes true or false, not {shown(mark)}.", "Write `true`.")
        elif mark and path == place.path:
            message = f"`{MARK}` marks the whole of `{place.path[-1]}`, of which names are read."
            report.error("bad_value", where, message, "Mark each of its `properties` that is sensitive.")
        elif mark and _about_nothing(path[len(place.path) :]):
            message = f"`{MARK}` stands where a schema describes no part of the value, so nothing would be sealed."
            report.error("bad_value", where, message, "Mark the property itself.")
    if place.path == ("context",) and places_of(place.schema).other:
        message = "Names of the case data that are not declared would be sensitive, and nobody could tell which."
        report.error("bad_value", place.path, message, "Declare each sensitive name under `properties`.")


def check_sensitive(
    draft: Draft, definition: Definition, routes: Routes, published: Published | None, report: Report
) -> None:
    """Adds every place where sensitive data would be kept or shown as they are to the report."""
    called = _called(routes, published)
    found = sensitive_in(definition, routes, called)
    if found is None:
        return
    _check_names(draft, found, report)
    _Check(definition, found, report).top(draft)
    calls = {route.atom: called.get(route.calls or "") for route in routes.routes}
    for atom, written in zip(definition.atoms, draft.atoms, strict=True):
        _Check(definition, found, report).atom(atom, written.path, calls.get(atom.id))


def _check_names(draft: Draft, found: Sensitive, report: Report) -> None:
    """A name that is looked up and has no value is told in an incident, so it is not made of sensitive data."""
    seen = seen_by(found.context, *(EVERYWHERE if any(of.values()) else NOWHERE for of in (found.items, found.outputs)))
    for place in draft.rules:
        if not place.by_name and _computes_a_name(place.logic) and reads(place.logic, seen, by_name=True):
            message = "The rule computes a name to look up and reads sensitive data; a name that is missing is told."
            report.error(CODE, place.path, message, "Write the names out, as with `if`.")


def _computes_a_name(logic: Any) -> bool:
    if isinstance(logic, list):
        return any(map(_computes_a_name, cast("list[Any]", logic)))
    if not isinstance(logic, dict):
        return False
    for operator, value in cast("dict[str, Any]", logic).items():
        parts = cast("list[Any]", value) if isinstance(value, list) else [value]
        if operator == "var" and parts and isinstance(parts[0], (dict, list)):
            return True
        if _computes_a_name(parts):
            return True
    return False


class _Check:
    def __init__(self, definition: Definition, found: Sensitive, report: Report) -> None:
        self._definition = definition
        self._found = found
        self._report = report

    def top(self, draft: Draft) -> None:
        """The keys of the journey: `dimensions`, `title`."""
        context = self._found.context
        for index, name in enumerate(draft.keys.get("dimensions", ())):
            if isinstance(name, str) and context.at(name.split(".")):
                message = f"`{short(name)}` is sensitive, and dimensions go into the graph."
                self._error(("dimensions", index), message, "Remove it from `dimensions`.")
        title = self._definition.title
        if title is not None and reads(title.logic, seen_by(context)):
            message = "The title reads sensitive data, and stands in lists, letters and notifications."
            self._error(("title",), message, "Make it of other names.")

    def atom(self, atom: Atom, path: Path, child: Mapping[str, Any] | None) -> None:
        """What one atom keeps, computes, gives and takes; `child` is the context schema of the version it calls."""
        before = seen_by(self._found.context)
        for key, rule in _early(atom):
            if reads(rule.logic, before):
                message = f"`{key}` reads sensitive data, and {_KEPT_PLAIN[key]} is kept and shown as it is."
                self._error((*path, key), message, "Compute it from other names.")
        after = seen_by(self._found.context, output=self._found.output(atom.id), many=atom.many is not None)
        for below, name, rule in _writing(atom):
            self._computed((*path, *below, name), name, rule, after)
        self._outputs(atom, path)
        if child is not None:
            self._child(atom, path, child)

    def _computed(self, path: Path, name: str, rule: Rule, seen: Places) -> None:
        names = name.split(".")
        if self._found.context.at(names).covers(flow(rule.logic, seen)):
            return
        if _declared_open(self._definition.context, names):
            return
        message = f"`{short(name)}` is computed from sensitive data and is not marked."
        fix = (
            f"Mark it in `context` with `{MARK}: true`; where it tells nothing, declare it there with `{MARK}: false`."
        )
        self._error(path, message, fix)

    def _outputs(self, atom: Atom, path: Path) -> None:
        """What an output marks is saved where the context marks it, too."""
        action = next((action for action in self._definition.actions if action.name == atom.action), None)
        marked: list[tuple[Path, Mapping[str, Any] | None]] = [((*path, "output"), atom.output)]
        if action is not None:
            marked.append((("actions", action.name, "output"), action.output))
        for where, schema in marked:
            if schema and (place := _uncovered(saved_at(self._found.context, atom), places_of(schema))) is not None:
                name = ".".join((*([atom.saves] if atom.saves else []), *place))
                message = f"The output of `{atom.id}` marks what is saved as `{short(name)}`, and `context` does not."
                self._error(where, message, f"Mark `{short(name)}` in `context` with `{MARK}: true`.")

    def _child(self, atom: Atom, path: Path, child: Mapping[str, Any]) -> None:
        """What a child is given it marks, too; what it marks and gives back is marked here."""
        marks = places_of(child)
        seen = seen_by(self._found.context, item=self._found.items.get(atom.id, NOWHERE))
        for name, rule in atom.input or ():
            names = name.split(".")
            if not marks.at(names).covers(flow(rule.logic, seen)) and not _declared_open(child, names):
                message = f"`{short(name)}` gets sensitive data, and the journey that is called does not mark it."
                self._error(
                    (*path, "input", name), message, f"Mark it there with `{MARK}: true`, and publish that first."
                )
        saved = saved_at(self._found.context, atom)
        for index, name in enumerate(atom.returns):
            if not saved.at([name]).covers(marks.at([name])):
                message = f"`{short(name)}` is sensitive in the journey that is called, and not where it is saved."
                self._error((*path, "output", index), message, f"Mark it in `context` with `{MARK}: true`.")

    def _error(self, path: Path, message: str, fix: str) -> None:
        self._report.error(CODE, path, message, fix)


def _called(routes: Routes, published: Published | None) -> dict[str, Mapping[str, Any]]:
    """The context schemas of what is called, by the calls as they are written."""
    found: dict[str, Mapping[str, Any]] = {}
    if published is None:
        return found
    for call in (route.calls for route in routes.routes if route.calls):
        child = published.definitions.get(pinned(call, published.versions) or "")
        if child is not None:
            found[call] = child.context
    return found


def _early(atom: Atom) -> Iterator[tuple[str, Rule]]:
    """The rules whose values are kept as they are: times, and keys of messages."""
    given = {"until": atom.until, "due": atom.due, "correlate": atom.correlate}
    given["timeout"] = atom.timeout.at if atom.timeout else None
    for key, rule in given.items():
        if isinstance(rule, Rule):
            yield key, rule


def _writing(atom: Atom) -> Iterator[tuple[Path, str, Rule]]:
    """What computes a name of the context: where it stands in the atom, the name, the rule."""
    for name, rule in atom.sets:
        yield ("sets",), name, rule
    if atom.table:
        for index, row in enumerate(atom.table.rows):
            for name, rule in row.sets:
                yield ("table", "rows", index, "sets"), name, rule
        for name, rule in atom.table.otherwise:
            yield ("table", "otherwise"), name, rule


def _uncovered(places: Places, marked: Places) -> Sequence[str] | None:
    """The path to the first of what is `marked` that `places` does not mark; None where it marks all."""
    if places.covers(marked):
        return None
    for name, below in marked.names.items():
        if (found := _uncovered(places.at([name]), below)) is not None:
            return (name, *found)
    return ()


def _declared_open(schema: Mapping[str, Any], names: list[str]) -> bool:
    """Whether a schema says of a name that it is not sensitive."""
    return any(objects(part).get(MARK) is False for part in declared_at(schema, names, schema))


def _about_nothing(path: Path) -> bool:
    """Whether a subschema lies where it describes no part of the value."""
    named = False
    for part in path:
        if not named and part in _ABOUT_NOTHING:
            return True
        named = not named and part in _NAMING
    return False
