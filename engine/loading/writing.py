"""What atoms surely write when they complete (R9): required fields of outputs, `sets`, tables, `saves`, `writes`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final, cast

from engine.loading.context_names import output_schema
from engine.loading.draft import Draft, DraftAtom, present
from engine.loading.schema_names import Schema, conjuncts, elements, objects, properties

_SAYING: Final = frozenset({"properties", "required", "$ref", "allOf", "anyOf", "oneOf", "if"})

_Names = tuple[str, ...]
"""A dotted name, split."""


def performance(atom: str) -> str:
    """What stands among names for it that somebody has performed an atom; no context name looks like it."""
    return f"performed\n{atom}"


class Writing:
    """For some names, given with a bit each: those that a case has at its start, and those that each atom writes.

    Of what a designer does not describe (the inside of a value that a rule gives, a child's context) it is taken that
    it holds what is read from it.

    Args:
        complete: the decision atoms of whose table surely some row is true.
    """

    def __init__(self, draft: Draft, names: Mapping[str, int], complete: frozenset[str]) -> None:
        self._complete = complete
        self._bits = {tuple(name.split(".")): bit for name, bit in names.items()}
        self._below: defaultdict[_Names, list[_Names]] = defaultdict(list)
        self._all_below: defaultdict[_Names, int] = defaultdict(int)
        for path, bit in self._bits.items():
            for length in range(1, len(path) + 1):
                self._below[path[:length]].append(path)
                self._all_below[path[:length]] |= bit
        context = draft.keys.get("context")
        self.start = self._of_object((), context) if context else 0
        self._before_sets = {atom.id: self._of(draft, atom) for atom in draft.atoms}
        self._by_sets = {atom.id: self.whole(atom.keys.get("sets", {})) for atom in draft.atoms}

    def of(self, atom: str) -> int:
        """The names that an atom surely has written when its edges are looked at."""
        return self._before_sets[atom] | self._by_sets[atom]

    def before_sets(self, atom: str) -> int:
        """Of these, those that its output or its table has written."""
        return self._before_sets[atom]

    def whole(self, written: Iterable[str]) -> int:
        """The names that have a value when each of the `written` has one of which nothing more is known."""
        found = 0
        for name in written:
            path = tuple(name.split("."))
            found |= self._all_below.get(path, 0) | self._around(path[:-1])
        return found

    def _of(self, draft: Draft, atom: DraftAtom) -> int:
        keys = atom.keys
        always = list(keys.get("writes", ()))
        if atom.kind == "human" and "for_each" not in atom.given:  # a list may be empty (R14)
            always.append(performance(atom.id))
        saves = keys.get("saves")
        output = output_schema(draft, atom)
        fields = [f"{saves}.{field}" if saves else field for field in atom.returns()]
        written = 0
        if saves and (output is None or "for_each" in atom.given):
            always.append(saves)
        elif output is not None:
            written = self._of_object(tuple(saves.split(".")) if saves else (), output)
        return (
            written
            | self.whole([*always, *fields])
            | self._table(keys.get("table", {}), complete=atom.id in self._complete)
        )

    def _table(self, table: Mapping[str, Any], *, complete: bool) -> int:
        """What a decision table writes whichever of its rows hit; `collect` gives every name a list."""
        rows = [row["sets"] for _, row in present(table.get("rows"))]
        if not rows:
            return 0
        if not complete:
            rows.append(table.get("otherwise", {}))
        if table.get("hit") == "collect":
            return self.whole(name for row in rows for name in row)
        return reduce(int.__and__, (self.whole(row) for row in rows))

    def _of_object(self, prefix: _Names, schema: Schema) -> int:
        """The names that have a value when an object of `schema` lies at `prefix`, its fields each by itself.

        Only the names below a field that the schema mentions are looked at.
        """
        known = _Object(schema)
        found = self._around(prefix)
        if found and not known.has(()):
            found = 0
        for head in properties(schema):
            for names in self._below.get((*prefix, head), ()):
                if known.has(names[len(prefix) :]):
                    found |= self._bits[names]
        return found

    def _around(self, path: _Names) -> int:
        """The name at a path, and those of the objects that hold it."""
        return reduce(int.__or__, (self._bits.get(path[:length], 0) for length in range(1, len(path) + 1)), 0)


class _Object:
    """What every object of a schema holds. What was found out is kept, so that schemas of many ways cost little."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._known: dict[tuple[int, _Names], bool] = {}
        self._parts: dict[int, list[Schema]] = {}

    def has(self, names: _Names) -> bool:
        """Whether every such object has a value at the dotted names; at none: whether it has any field."""
        if names:
            return self._holds(self._root, names)
        return any(elements(part.get("required")) for part in conjuncts(self._root, self._root))

    def _holds(self, schema: Any, names: _Names) -> bool:
        if not isinstance(schema, Mapping):
            return False
        node = cast("Schema", schema)
        key = id(node), names
        if key not in self._known:
            self._known[key] = False  # for a schema that leads back to itself
            if id(node) not in self._parts:
                self._parts[id(node)] = conjuncts(node, self._root)
            self._known[key] = self._found(self._parts[id(node)], names)
        return self._known[key]

    def _found(self, parts: list[Schema], names: _Names) -> bool:
        name, rest = names[0], names[1:]
        if any(name in elements(part.get("required")) for part in parts):
            below = [objects(part["properties"])[name] for part in parts if name in objects(part.get("properties"))]
            if not rest or not any(map(_describes, below)) or any(self._holds(one, rest) for one in below):
                return True
        return any(choice and all(self._holds(one, names) for one in choice) for choice in _choices(parts))


def _choices(parts: list[Schema]) -> Iterator[Sequence[Any]]:
    """Schemas of which every value fits one."""
    for part in parts:
        yield elements(part.get("anyOf"))
        yield elements(part.get("oneOf"))
        if "then" in part and "else" in part:
            yield (part["then"], part["else"])


def _describes(schema: Any) -> bool:
    """Whether a schema says anything of what an object holds."""
    return isinstance(schema, Mapping) and not _SAYING.isdisjoint(cast("Schema", schema))
