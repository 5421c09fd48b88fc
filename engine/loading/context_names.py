"""The context names that a version declares: by its context schema and by all that its atoms write (R9)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from engine.core.rules import RESERVED
from engine.loading.draft import Draft, DraftAtom
from engine.loading.schema_names import Schema, declares_patterns, may_hold, properties
from engine.loading.tree import Path


@dataclass(frozen=True, slots=True)
class _Source:
    """Something that gives a value to the name `prefix`, and to what `schema` lets lie below it."""

    prefix: tuple[str, ...]
    schema: Any
    root: Schema

    def gives(self, names: list[str]) -> bool:
        common = min(len(names), len(self.prefix))
        if tuple(names[:common]) != self.prefix[:common]:
            return False
        return may_hold(self.schema, names[common:], self.root)


class ContextNames:
    """Says of a dotted name whether anything of the version declares it."""

    def __init__(self, draft: Draft) -> None:
        self._sources: defaultdict[str, list[_Source]] = defaultdict(list)
        self._any = False
        self._declared: dict[str, bool] = {}
        context = draft.keys.get("context")
        if context is not None:
            self._add_schema(context)
        for atom in draft.atoms:
            self._add_atom(draft, atom)
        for place in draft.names:
            if place.naming == "written" and not _is_saves(place.path):
                self._add(place.name, True, {})

    @property
    def known(self) -> Iterable[str]:
        """The declared names, the top level of each."""
        return self._sources.keys()

    def declares(self, name: str) -> bool:
        """Whether some case may have a value under `name`; true for the reserved names and the whole context."""
        if name not in self._declared:
            names = name.split(".")
            free = self._any or not names[0] or names[0] in RESERVED
            self._declared[name] = free or any(source.gives(names) for source in self._sources.get(names[0], ()))
        return self._declared[name]

    def _add_atom(self, draft: Draft, atom: DraftAtom) -> None:
        output, saves = output_schema(draft, atom), atom.keys.get("saves")
        returns = atom.returns()
        if "for_each" in atom.given:
            if saves is not None:
                self._add(saves, {"type": "array"}, {})
        elif returns:
            for field in returns:
                self._add(f"{saves}.{field}" if saves else field, True, {})
        elif output is not None and saves is None:
            self._add_schema(output)
        elif saves is not None:
            self._add(saves, True if output is None else output, output or {})

    def _add_schema(self, schema: Schema) -> None:
        self._any = self._any or declares_patterns(schema)
        for name in properties(schema):
            self._sources[name].append(_Source((), schema, schema))

    def _add(self, name: str, schema: Any, root: Schema) -> None:
        prefix = tuple(name.split("."))
        self._sources[prefix[0]].append(_Source(prefix, schema, root))


def _is_saves(path: Path) -> bool:
    """Whether it is the key `saves` of an atom, not a name of that spelling."""
    return path[-1] == "saves" and isinstance(path[-2], int)


def output_schema(draft: Draft, atom: DraftAtom) -> Schema | None:
    """The schema of what an atom's step gives, or each element of it: its own `output`, else that of its action."""
    if atom.kind == "subjourney":
        return None
    own = atom.keys.get("output")
    if own is not None or "output" in atom.given:
        return cast("Schema | None", own)
    action: Mapping[str, Any] = draft.declared("actions").get(atom.keys.get("action", ""), {})
    return cast("Schema | None", action.get("output"))


def written_by_schemas(draft: Draft) -> Iterator[tuple[str, Path]]:
    """The context names that schemas declare at the top level, each with the path of its declaration."""
    places: dict[Path, Schema] = {}
    if "context" in draft.keys:
        places["context",] = draft.keys["context"]
    for atom in draft.atoms:
        schema = output_schema(draft, atom)
        if schema is None or "saves" in atom.given:
            continue
        own = "output" in atom.keys
        places[(*atom.path, "output") if own else ("actions", atom.keys["action"], "output")] = schema
    for path, schema in places.items():
        for name, below in properties(schema).items():
            yield name, (*path, *below)


def writes(draft: Draft, atom: DraftAtom) -> tuple[str, ...]:
    """Every context name an atom writes: by its output, its table, `sets` and `writes`; in order, each once."""
    found: list[str] = []
    output, saves = output_schema(draft, atom), atom.keys.get("saves")
    if saves is not None:
        found.append(saves)
    elif output is not None:
        found += properties(output)
    else:
        found += atom.returns()
    for _, row in atom.table_rows():
        found += row["sets"]
    found += atom.keys.get("table", {}).get("otherwise", {})
    found += atom.keys.get("sets", {})
    found += atom.keys.get("writes", [])
    return tuple(dict.fromkeys(found))
