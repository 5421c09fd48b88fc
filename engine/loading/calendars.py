"""Checks which calendars working time is counted in against those that there are."""

from collections.abc import Collection

from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.wording import meant, short


def calendars_of(draft: Draft) -> tuple[str, ...]:
    """The calendars that a draft names; each once, in file order."""
    return tuple(dict.fromkeys(one.name for one in draft.references if one.kindred == "calendars"))


def check_calendars(draft: Draft, known: Collection[str], report: Report) -> None:
    """Adds every calendar that is named and not `known` to the report."""
    for reference in draft.references:
        if reference.kindred == "calendars" and reference.name not in known:
            message = f"There is no calendar `{short(reference.name)}`."
            fix = meant(reference.name, known, "Load it first, or name one that is there.")
            report.error("unknown_name", reference.path, message, fix)
