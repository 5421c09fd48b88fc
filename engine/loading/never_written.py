"""Warns of names that a rule reads where they may have no value yet (`never_written`): the rule would fail (R9)."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.core.durations import Length
from engine.core.rules import RESERVED
from engine.loading.context_names import writes
from engine.loading.draft import Draft, DraftAtom, written_out
from engine.loading.finding import Report
from engine.loading.presence import Presence
from engine.loading.rules import Mention, mentions
from engine.loading.tree import Path
from engine.loading.wording import listed, short

_MOST_SHOWN = 8
_BEFORE = ("for_each", "until", "correlate", "due")


@dataclass(frozen=True, slots=True)
class _Reader:
    """A rule as written, where it stands, and what surely has a value when it is evaluated."""

    path: Path
    rule: Any
    present: Callable[[str], bool]


def check_written(draft: Draft, presence: Presence, report: Report) -> None:
    """Adds a warning for every name that a rule needs and that may have no value there."""
    writers: defaultdict[str, list[str]] = defaultdict(list)
    for atom in draft.atoms:
        for name in writes(draft, atom):
            writers[name.partition(".")[0]].append(atom.id)
    for atom in draft.atoms:
        for reader in _readers(atom, presence):
            logic = written_out(draft, reader.rule)
            for mention in _needed(logic):
                if not reader.present(mention.name):
                    path = reader.path if isinstance(reader.rule, str) else (*reader.path, *mention.path)
                    message = _message(atom.id, mention.name, writers, presence)
                    fix = (
                        f"Make `{short(mention.name)}` `required` in `context` or in what an atom before hands in, "
                        "or give the `var` a default: `{var: [name, default]}`."
                    )
                    report.warning("never_written", path, message, fix)


def names_read(draft: Draft) -> Iterator[str]:
    """Every context name that a rule of the draft mentions."""
    for place in draft.rules:
        if not place.by_name:
            yield from (mention.name for mention in mentions(place.logic))


def _message(atom: str, name: str, writers: dict[str, list[str]], presence: Presence) -> str:
    way = presence.way_without(atom, name)
    shown = way if len(way) <= _MOST_SHOWN else [*way[: _MOST_SHOWN // 2], "…", *way[-_MOST_SHOWN // 2 :]]
    by = [writer for writer in writers.get(name.partition(".")[0], ()) if writer != atom]
    told = f"`{short(name)}` may have no value here: it is not required at the start, and "
    if not by:
        return f"{told}no atom before surely writes it."
    on = f"on the way {' → '.join(shown)}" if len(way) > 1 else "where this atom starts the process"
    return f"{told}{listed(by, most=4)} did not surely write it {on}."


def _needed(logic: Any) -> Iterator[Mention]:
    """The names without which a rule fails, each once; those it asks for by `missing` or with a default left out."""
    found = [mention for mention in mentions(logic) if mention.name and mention.name.partition(".")[0] not in RESERVED]
    asked = {mention.name for mention in found if not mention.needed}
    told: set[str] = set()
    for mention in found:
        parts = mention.name.split(".")
        around = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        if mention.needed and mention.name not in told and not around & asked:
            told.add(mention.name)
            yield mention


def _readers(atom: DraftAtom, presence: Presence) -> Iterator[_Reader]:
    """The rules of an atom, in the order they are evaluated."""
    keys, path = atom.keys, atom.path
    start = presence.at_start(atom.id)
    for key in _BEFORE:
        if key in keys and not isinstance(keys[key], Length):
            yield _Reader((*path, key), keys[key], start)
    if "at" in keys.get("timeout", {}):
        yield _Reader((*path, "timeout", "at"), keys["timeout"]["at"], start)
    for name, rule in keys.get("input", {}).items():
        yield _Reader((*path, "input", name), rule, start)
    for index, row in atom.table_rows():
        yield _Reader((*path, "table", "rows", index, "rule"), row["rule"], start)
        for name, rule in row["sets"].items():
            yield _Reader((*path, "table", "rows", index, "sets", name), rule, start)
    for name, rule in keys.get("table", {}).get("otherwise", {}).items():
        yield _Reader((*path, "table", "otherwise", name), rule, start)
    sets = keys.get("sets", {})
    for (name, rule), present in zip(sets.items(), presence.at_sets(atom.id, sets), strict=True):
        yield _Reader((*path, "sets", name), rule, present)
    for edge in atom.edges:
        if edge.ruled:
            yield _Reader((*edge.path, "rule"), edge.named or edge.logic, presence.at_exit(atom.id, edge.on))
