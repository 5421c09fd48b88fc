"""Checks which keys of an atom fit together: of a wait (R16), and of an atom for each element of a list (R14)."""

from collections.abc import Sequence

from engine.loading.draft import Draft, DraftAtom
from engine.loading.finding import Report
from engine.loading.keys import ENDS_OF_A_WAIT, PERFORMED
from engine.loading.schema_names import declared_at, may_be

_DEFAULTS = (False, "all")
"""What `in_order` and `done_when` are where they are not said; to say so is never wrong."""


def check_combinations(draft: Draft, report: Report) -> None:
    """Adds the keys that are missing beside others, or make no sense beside them, to the report."""
    for atom in draft.atoms:
        if atom.kind == "wait":
            _wait(atom, report)
        if atom.kind not in PERFORMED:
            continue
        if "for_each" in atom.given:
            _saves(draft, atom, report)
        else:
            said = [key for key in ("in_order", "done_when") if atom.keys.get(key) not in _DEFAULTS]
            _only_with(atom, said, "for_each", "one task or child for each element (R14)", report)


def _wait(atom: DraftAtom, report: Report) -> None:
    ends = [key for key in ENDS_OF_A_WAIT if key in atom.given]
    if not ends:
        message = f"The wait {atom.label} says not what it waits for: `for`, `until` or `message` (R16)."
        report.error("missing_key", (*atom.path, "for"), message, "Add one of them.")
        return
    for key in ends[1:]:
        message = f"The wait {atom.label} waits for one thing, not both `{ends[0]}` and `{key}` (R16)."
        fix = "Remove one of them; a time by which a message must have come is a `timeout`."
        report.error("bad_value", (*atom.path, key), message, fix, at_key=True)
    _only_with(atom, ("correlate", "output", "saves"), "message", "a wait for a message (R16)", report)


def _only_with(atom: DraftAtom, keys: Sequence[str], needed: str, what: str, report: Report) -> None:
    for key in keys:
        if key in atom.given and needed not in atom.given:
            message = f"`{key}` is for {what}; atom {atom.label} has no `{needed}`."
            fix = f"Remove it, or add `{needed}`."
            report.error("bad_value", (*atom.path, key), message, fix, at_key=True)


def _saves(draft: Draft, atom: DraftAtom, report: Report) -> None:
    """The list of outputs goes under `saves`, which must be an array where the context declares it (R14)."""
    if "saves" not in atom.given:
        message = f"Atom {atom.label} gives a list, an output for each element, and says not where it goes (R14)."
        report.error("missing_key", (*atom.path, "saves"), message, "Add `saves` with a context name.")
        return
    saves, context = atom.keys.get("saves"), draft.keys.get("context")
    if saves is None or context is None:
        return
    declared = declared_at(context, saves.split("."), context)
    if declared and not any(may_be(schema, "array", context) for schema in declared):
        message = f"The list of outputs goes into `{saves}`, which `context` declares as something else (R14)."
        fix = "Save it under another name, or declare the name with `type: array`."
        report.error("bad_value", (*atom.path, "saves"), message, fix)
