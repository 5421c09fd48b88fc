"""Warns of atoms for which there are too few people (`understaffed`), as far as the organisation knows anybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.core.journey import Route, Routes
from engine.core.organisation import Organisation
from engine.core.staffing import Staffing, staffing
from engine.core.times import format_time
from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.wording import listed, short

PERIOD: Final = timedelta(days=14)
"""How far ahead absences and skills that expire are looked at."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The organisation that a document is held against, and the time from which on."""

    organisation: Organisation
    at: datetime


def check_staffing(draft: Draft, routes: Routes, roster: Roster, report: Report) -> None:
    """Adds a warning for every human atom that is understaffed; none where the organisation has nobody at all."""
    if not roster.organisation.users:
        return
    atoms, by_atom = draft.declared("atoms"), {route.atom: route for route in routes.routes}
    for found in staffing(routes, roster.organisation, roster.at, PERIOD):
        if found.understaffed:
            fix = "Give the role, or the skills that it needs here, to more people, or shift their absences."
            path = (*atoms[found.atom].path, "performed_by")
            report.warning("understaffed", path, _message(found, by_atom[found.atom], roster.at), fix)


def _message(found: Staffing, route: Route, at: datetime) -> str:
    people = "somebody who is" if found.needed == 1 else f"{found.needed} people who are"
    skills = f" and can do {listed((one.skill for one in route.skills), most=4)}" if route.skills else ""
    why = ", as others performed what the same person may not perform" if found.needed > 1 else ""
    when = f"from {format_time(found.least_at)} on" if found.least_at > at else "now"
    there = {0: "there is nobody", 1: "there is one"}.get(found.least, f"there are {found.least}")
    held = f"{found.holders} of the organisation hold the role" if found.holders else "nobody holds the role"
    return f"`{found.atom}` needs {people} `{short(found.role)}`{skills}{why}; {when} {there} ({held})."
