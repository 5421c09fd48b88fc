"""Checks which calendars working time is counted in against those that there are."""

from collections.abc import Collection

from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.tree import Path
from engine.loading.wording import meant, short


def calendars_of(draft: Draft, below: Path = ()) -> tuple[str, ...]:
    """The calendars that a draft names, in what stands `below` a path; each once, in file order."""
    named = (one for one in draft.references if one.kindred == "calendars" and one.path[: len(below)] == below)
    return tuple(dict.fromkeys(one.name for one in named))


def check_calendars(draft: Draft, known: Collection[str], report: Report) -> None:
    """Adds every calendar that is named and not `known` to the report."""
    for reference in draft.references:
        if reference.kindred == "calendars" and reference.name not in known:
            message = f"There is no calendar `{short(reference.name)}`."
            fix = meant(reference.name, known, "Load it first, or name one that is there.")
            report.error("unknown_name", reference.path, message, fix)
