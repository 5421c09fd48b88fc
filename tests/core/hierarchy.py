"""Who there is in the tests of escalation: two clerks, who is above them, and a chief."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from engine.core.callers import Caller
from engine.core.durations import Duration
from engine.core.organisation import Absence, Organisation, Role, Team, User
from engine.core.service_levels import Escalation, ServiceLevel
from tests.core.play import NOON

DAY = timedelta(days=1)
CLERKS, CHIEFS = frozenset({"clerk"}), frozenset({"chief"})
ANN, BEN = Caller("ann", CLERKS), Caller("ben", CLERKS)
CARL = Caller("carl", CHIEFS)

PEOPLE = (
    User("ann", "Ann", roles=CLERKS, reports_to="mona"),
    User("ben", "Ben", roles=CLERKS, teams=frozenset({"desk"})),
    User("mona", "Mona", reports_to="dora"),
    User("tom", "Tom", reports_to="dora"),
    User("dora", "Dora"),
    User("carl", "Carl", roles=CHIEFS),
    User("olga", "Olga", reports_to="dora"),
)
DESK = Team("desk", "Desk", manager="tom")


def organisation(*changed: User, without: str = "") -> Organisation:
    """Ann reports to mona and ben to tom, who manages his team; they to dora, as olga does, who owns the process."""
    people = {user.id: user for user in (*PEOPLE, *changed) if user.id != without}
    return Organisation.of(1, people.values(), [Role("clerk", "Clerk"), Role("chief", "Chief")], [DESK])


def user(id: str, **changes: Any) -> User:
    return replace(next(one for one in PEOPLE if one.id == id), **changes)


def away(id: str, substitute: str | None = None) -> User:
    return user(id, absences=(Absence(1, NOON - DAY, NOON + 9 * DAY, substitute),))


def level(*escalations: Escalation) -> ServiceLevel:
    return ServiceLevel("tested", Duration(span=timedelta(hours=8)), escalations=escalations)
