"""A file of people: every key of it, once; and from its text to who is to be entered, or all that is wrong with it.

`docs/people.schema.json` is the same table as a JSON Schema; `python -m engine.loading.people docs/people.schema.json`
writes it anew. What a user, role or team of the file is said to be replaces what was said before; who and what the file
does not name stays as it is. A bare date begins at midnight where the person is.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.core.organisation import Absence, Role, Skill, Team, User
from engine.core.times import TimeError, parse_time
from engine.loading.document_schema import schema_of, written
from engine.loading.finding import Enough, Finding, Report
from engine.loading.load import Media, parsed
from engine.loading.reading import UNREADABLE, Reader
from engine.loading.shapes import Fields, Flag, Key, Listing, Names, Number, Text
from engine.loading.tree import Node
from engine.loading.tree import Path as Place

_ID: Final = re.compile(r"(?=.{1,200}$)[^\s/](?:[^/\r\n\t]*[^\s/])?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_USER: Final = Text("user", _ID, "the id of a user: no `/`, no spaces around it")
_ROLE: Final = Text("role", _ID, "the id of a role")
_TEAM: Final = Text("team", _ID, "the id of a team")
_TIME: Final = Text("time")

_SKILL: Final = Fields(
    "skill",
    (
        Key("level", Number(True, 1, 100), "How good they are at it, from 1; 1 if not said."),
        Key("expires_on", Text("date", _DAY, "a date such as 2027-06-30"), "The last day it holds, in UTC."),
    ),
)
_ABSENCE: Final = Fields(
    "absence",
    (
        Key("from", _TIME, "When it begins: an RFC 3339 time, or a date.", required=True),
        Key("until", _TIME, "When they are back: an RFC 3339 time, or a date.", required=True),
        Key("substitute", _USER, "Who gets their work meanwhile."),
        Key("roles", Listing(_ROLE, filled=True), "Of which roles they take no work; of any if not said."),
        Key("reason", Text(), "Why; only they and their managers are told."),
    ),
)
_USER_FIELDS: Final = Fields(
    "user",
    (
        Key("name", Text("name"), "What people call them.", required=True),
        Key("email", Text("email"), "Where mail reaches them."),
        Key("active", Flag(), "`false`: they may not call, and get no work."),
        Key("roles", Listing(_ROLE), "The roles they hold."),
        Key("teams", Listing(_TEAM), "The teams they belong to."),
        Key("reports_to", _USER, "Their manager."),
        Key("skills", Names(Text("skill"), _SKILL), "What they can do."),
        Key("capacity", Number(True, 0, 1_000_000), "How many open tasks they take; any number if not said."),
        Key("time_zone", Text("time zone"), "Where they are, such as America/Chicago."),
        Key("calendar", Text("calendar"), "The calendar of their working time."),
        Key("absences", Listing(_ABSENCE), "When they take no work; these are added to those that are known."),
    ),
)
PEOPLE: Final = Fields(
    "file of people",
    (
        Key(
            "roles",
            Names(
                _ROLE,
                Fields(
                    "role",
                    (
                        Key("name", Text("name"), "What people call it.", required=True),
                        Key("description", Text(), "What who holds it does."),
                    ),
                ),
            ),
            "Role to what it is called; journeys name roles by their ids.",
        ),
        Key(
            "teams",
            Names(
                _TEAM,
                Fields(
                    "team",
                    (
                        Key("name", Text("name"), "What people call it.", required=True),
                        Key("manager", _USER, "Who sees its work and shares it out."),
                    ),
                ),
            ),
            "Team to what it is called, and who manages it.",
        ),
        Key("users", Names(_USER, _USER_FIELDS), "User to what is true of them; the id is the `sub` of their tokens."),
    ),
)


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """Who is to be entered, or every finding by position; `root` says where things are written."""

    roles: tuple[Role, ...] = ()
    teams: tuple[Team, ...] = ()
    users: tuple[User, ...] = ()
    absences: tuple[tuple[str, Absence], ...] = ()
    findings: tuple[Finding, ...] = ()
    root: Node | None = field(default=None, repr=False)

    def unknown(self, place: Place, message: str) -> Finding:
        """What is said of a name at `place` that leads nowhere."""
        line, column = self.root.place(place) if self.root else (None, None)
        pointer = "".join(f"/{part}" for part in place)
        return Finding(
            "unknown_name", "error", message, "Enter it first, or in this file.", None, line, column, pointer
        )


def read_people(text: bytes | str, media: Media) -> ReadPeople:
    """Who a document tells of, or all that is wrong with it. Never raises because of the document.

    Args:
        text: the whole document, at most 1 MiB, UTF-8 where it is bytes.
        media: how it is written.
    """
    report = Report()
    try:
        root = parsed(text, media, report)
        if root is not None:
            report.root = root
            keys = Reader(report).fields(PEOPLE, root.value, ())
            found = ReadPeople() if keys is UNREADABLE else _Making(report).all(keys, root)
            if not report.findings():
                return found
    except Enough:
        pass
    return ReadPeople(findings=report.findings())


class _Making:
    """Makes values of what was read, and finds what no shape can say."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def all(self, keys: Mapping[str, Any], root: Node) -> ReadPeople:
        users = _entries(keys, "users")
        return ReadPeople(
            roles=tuple(
                Role(id, of.get("name", id), of.get("description", "")) for id, of in _entries(keys, "roles").items()
            ),
            teams=tuple(Team(id, of.get("name", id), of.get("manager")) for id, of in _entries(keys, "teams").items()),
            users=tuple(self._user(id, of) for id, of in users.items()),
            absences=tuple((id, absence) for id, of in users.items() for absence in self._absences(id, of)),
            root=root,
        )

    def _user(self, id: str, of: Mapping[str, Any]) -> User:
        if of.get("reports_to") == id:
            self._bad(("users", id, "reports_to"), "Nobody reports to themselves.", "Name another user, or nobody.")
        self._zone(id, of)
        return User(
            id=id,
            name=of.get("name", id),
            email=of.get("email"),
            active=of.get("active", True),
            roles=frozenset(of.get("roles", ())),
            teams=frozenset(of.get("teams", ())),
            reports_to=of.get("reports_to"),
            skills=tuple(self._skill(id, name, skill) for name, skill in _entries(of, "skills").items()),
            capacity=of.get("capacity"),
            time_zone=of.get("time_zone"),
            calendar=of.get("calendar"),
        )

    def _skill(self, user: str, name: str, of: Mapping[str, Any]) -> Skill:
        expires_on = None
        if _DAY.fullmatch(text := of.get("expires_on", "")):
            try:
                expires_on = date.fromisoformat(text)
            except ValueError as error:
                place = ("users", user, "skills", name, "expires_on")
                self._bad(place, f"This is no date of the calendar: {error}.", "Write a date such as 2027-06-30.")
        return Skill(name, of.get("level", 1), expires_on)

    def _absences(self, user: str, of: Mapping[str, Any]) -> list[Absence]:
        found: list[Absence] = []
        for number, written_so in enumerate(of.get("absences", ())):
            if not isinstance(written_so, Mapping):
                continue
            told = cast("Mapping[str, Any]", written_so)
            place = ("users", user, "absences", number)
            starts_at = self._time(of, told, (*place, "from"))
            ends_at = self._time(of, told, (*place, "until"))
            if starts_at is None or ends_at is None:
                continue
            if ends_at <= starts_at:
                self._bad((*place, "until"), "They are back before they are away.", "Write a later time.")
            if told.get("substitute") == user:
                self._bad((*place, "substitute"), "Nobody substitutes themselves.", "Name another user, or nobody.")
            roles = frozenset(told["roles"]) if told.get("roles") else None
            found.append(Absence(0, starts_at, ends_at, told.get("substitute"), roles, told.get("reason", "")))
        return found

    def _time(self, of: Mapping[str, Any], told: Mapping[str, Any], place: Place) -> datetime | None:
        text = told.get(str(place[-1]))
        if text is None:
            return None
        try:
            if _DAY.fullmatch(text):
                zone = _zone(of.get("time_zone")) or UTC
                return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
            return parse_time(text)
        except (TimeError, ValueError, OverflowError) as error:
            self._bad(place, f"`{place[-1]}` takes a time: {error}.", "Write 2026-12-21, or 2026-12-21T12:00:00Z.")
            return None

    def _zone(self, id: str, of: Mapping[str, Any]) -> None:
        name = of.get("time_zone")
        if name is not None and _zone(name) is None:
            fix = "Write a name of the IANA database, such as Europe/Paris."
            self._bad(("users", id, "time_zone"), f"There is no time zone `{name}`.", fix)

    def _bad(self, place: Place, message: str, fix: str) -> None:
        self._report.error("bad_value", place, message, fix)


def schema_text() -> str:
    """The JSON Schema 2020-12 of files of people, as its file holds it."""
    return written(schema_of(PEOPLE, "Wayline people"))


def _entries(keys: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    """What was readable of an object of named values."""
    found: Mapping[str, Any] = keys.get(name) or {}
    return {id: cast("Mapping[str, Any]", of) for id, of in found.items() if isinstance(of, Mapping)}


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
