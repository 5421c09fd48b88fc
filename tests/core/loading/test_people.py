"""Files of people: what they say, and what is wrong with them, by line."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.core.organisation import Absence, Role, Skill, Team, User
from engine.loading.people import read_people, schema_text

ROOT = Path(__file__).resolve().parents[3]


def found(text: str) -> list[tuple[str, str, int | None]]:
    """(code, pointer, line) of each finding."""
    return [(one.code, one.pointer, one.line) for one in read_people(text, "yaml").findings]


def test_a_file_says_roles_teams_users_and_when_they_are_away() -> None:
    read = read_people(
        """
roles: {clerk: {name: Clerk, description: Enters receipts}}
teams: {desk: {name: Desk, manager: mia}}
users:
  mia: {name: Mia}
  ann:
    name: Ann
    email: ann@bank.example
    active: false
    roles: [clerk]
    teams: [desk]
    reports_to: mia
    skills: {fha: {level: 2, expires_on: 2027-06-30}, va: {}}
    capacity: 0
    time_zone: Europe/Paris
    calendar: de-office
    absences:
      - {from: 2026-07-01, until: 2026-07-03T12:00:00Z, substitute: mia, roles: [clerk], reason: Leave}
""",
        "yaml",
    )
    assert read.findings == ()
    assert read.roles == (Role("clerk", "Clerk", "Enters receipts"),)
    assert read.teams == (Team("desk", "Desk", "mia"),)
    assert read.users[1] == User(
        *("ann", "Ann", "ann@bank.example", False, frozenset({"clerk"}), frozenset({"desk"}), "mia"),
        skills=(Skill("fha", 2, date(2027, 6, 30)), Skill("va")),
        capacity=0,
        time_zone="Europe/Paris",
        calendar="de-office",
    )
    starts = datetime(2026, 6, 30, 22, tzinfo=UTC)
    ends = datetime(2026, 7, 3, 12, tzinfo=UTC)
    assert read.absences == (("ann", Absence(0, starts, ends, "mia", frozenset({"clerk"}), "Leave")),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", [("missing_key", "/users/ann/name", 3)]),
        ("name: A, surname: B", [("unknown_key", "/users/ann/surname", 3)]),
        ("name: A, roles: clerk", [("bad_value", "/users/ann/roles", 3)]),
        ("name: A, reports_to: ann", [("bad_value", "/users/ann/reports_to", 3)]),
        ("name: A, time_zone: Paris", [("bad_value", "/users/ann/time_zone", 3)]),
        ("name: A, capacity: -1", [("bad_value", "/users/ann/capacity", 3)]),
        ("name: A, skills: {s: {level: 0}}", [("bad_value", "/users/ann/skills/s/level", 3)]),
        ("name: A, skills: {s: {expires_on: soon}}", [("bad_value", "/users/ann/skills/s/expires_on", 3)]),
        ("name: A, skills: {s: {expires_on: 2027-02-30}}", [("bad_value", "/users/ann/skills/s/expires_on", 3)]),
        ("name: A, absences: [{from: 2027-01-02}]", [("missing_key", "/users/ann/absences/0/until", 3)]),
        (
            "name: A, absences: [{from: 2027-01-02, until: 2027-01-02}]",
            [("bad_value", "/users/ann/absences/0/until", 3)],
        ),
        (
            "name: A, absences: [{from: 2027-01-02, until: 2027-01-03, substitute: ann}]",
            [("bad_value", "/users/ann/absences/0/substitute", 3)],
        ),
        (
            "name: A, absences: [{from: tomorrow, until: 2027-01-03}]",
            [("bad_value", "/users/ann/absences/0/from", 3)],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line: str, expected: list[tuple[str, str, int]]) -> None:
    assert found(f"\nusers:\n  ann: {{{line}}}\n") == expected


def test_a_file_that_is_none_is_told_so() -> None:
    assert found("- ann")[0][0] == "bad_value"
    assert found("users: {ann: {name: A}, ann: {name: B}}")[0][0] == "syntax"
    assert found("")[0][0] == "syntax"


def test_the_sample_names_nobody_who_is_not_in_it_and_every_role_of_the_sample_journeys() -> None:
    read = read_people((ROOT / "seed" / "people.yaml").read_bytes(), "yaml")
    assert read.findings == ()
    users, roles, teams = ({one.id for one in some} for some in (read.users, read.roles, read.teams))
    named = {user.reports_to for user in read.users} | {team.manager for team in read.teams}
    assert named - {None} <= users
    assert {absence.substitute for _, absence in read.absences} <= users
    assert {role for user in read.users for role in user.roles} == roles
    assert {team for user in read.users for team in user.teams} == teams


def test_the_published_schema_is_what_the_reader_reads() -> None:
    """If not: `python -m engine.loading.people docs/people.schema.json`."""
    assert (ROOT / "docs" / "people.schema.json").read_text(encoding="utf-8") == schema_text()
