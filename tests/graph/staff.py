"""Small organisations, and how the graph shows them, for the tests."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from engine.core.organisation import Absence, Organisation, Role, Skill, Team, User
from engine.ports import Edition
from graph import Neo4j
from tests.core.play import NOON
from tests.graph.reading import rows

DAY = timedelta(days=1)


def person(id: str, *roles: str, skills: dict[str, int] | None = None, until: date | None = None, **facts: Any) -> User:
    """A user with these roles; every skill expires at the same time."""
    able = tuple(Skill(name, level, until) for name, level in (skills or {}).items())
    return User(id, facts.pop("name", id.title()), roles=frozenset(roles), skills=able, **facts)


def away(first: float, days: float, *roles: str, substitute: str | None = None, id: int = 1) -> Absence:
    """An absence that begins so many days after noon."""
    starts_at = NOON + first * DAY
    return Absence(id, starts_at, starts_at + days * DAY, substitute, frozenset(roles) or None, "a private reason")


def organisation(*users: User, teams: Iterable[Team] = (), version: int = 1) -> Organisation:
    """These users with all their roles."""
    roles = {role for user in users for role in user.roles} | {"clerk", "chief"}
    return Organisation.of(version, users, [Role(role, role.title()) for role in roles], teams)


async def bring(opened: Neo4j, staff: Organisation, epoch: str = "one") -> None:
    """Makes the graph show it."""
    assert await opened.organisation.bring(staff, Edition(epoch, staff.version))


async def shown(opened: Neo4j) -> dict[str, list[Any]]:
    """What the graph shows of the organisation: nodes and links, in order, fingerprints left out."""
    nodes = await rows(
        opened,
        """MATCH (n:User|OrganisationRole|Team|Skill)
        RETURN labels(n) AS labels, coalesce(n.id, n.name) AS id, properties(n) AS facts""",
    )
    links = await rows(
        opened,
        """MATCH (a:User)-[link]->(b:User|OrganisationRole|Team|Skill)
        RETURN a.id AS a, type(link) AS type, properties(link) AS facts, coalesce(b.id, b.name) AS b""",
    )
    return {
        "nodes": sorted(
            (sorted(row["labels"]), row["id"], _plain({**row["facts"], "fingerprint": None})) for row in nodes
        ),
        "links": sorted((row["a"], row["type"], row["b"], _plain(row["facts"])) for row in links),
    }


def wanted(staff: Organisation) -> dict[str, list[Any]]:
    """What `shown` gives of a graph that shows it and nothing else."""
    users = staff.users.values()
    roles = {role: staff.roles[role].name if role in staff.roles else role for user in users for role in user.roles}
    roles |= {role.id: role.name for role in staff.roles.values()}
    nodes: list[Any] = [(["OrganisationRole", "Role"], id, {"id": id, "key": id, "name": roles[id]}) for id in roles]
    nodes += [(["Team"], team.id, {"id": team.id, "name": team.name}) for team in staff.teams.values()]
    nodes += [(["Skill"], name, {"name": name}) for name in {skill.name for user in users for skill in user.skills}]
    nodes += [
        (["User"], user.id, {"id": user.id, "name": user.name, "active": user.active, "capacity": user.capacity})
        for user in users
    ]
    links: list[Any] = [(team.manager, "MANAGES", team.id, {}) for team in staff.teams.values() if team.manager]
    for user in users:
        links += [(user.id, "HOLDS", role, {}) for role in user.roles]
        links += [(user.id, "MEMBER_OF", team, {}) for team in user.teams]
        links += [(user.id, "REPORTS_TO", boss, {}) for boss in [user.reports_to] if boss]
        links += [
            (user.id, "HAS_SKILL", one.name, {"level": one.level, "expires_on": one.expires_on}) for one in user.skills
        ]
        for absence in user.absences:
            period = {"from": absence.starts_at, "until": absence.ends_at}
            links += [(user.id, "ABSENT", role, period) for role in user.roles & (absence.roles or user.roles)]
            if absence.substitute:
                of = {"roles": sorted(absence.roles) if absence.roles else None}
                links.append((absence.substitute, "SUBSTITUTES", user.id, period | of))
    return {
        "nodes": sorted((labels, id, _plain(facts)) for labels, id, facts in nodes),
        "links": sorted((a, type, b, _plain(facts)) for a, type, b, facts in links),
    }


def _plain(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """In order, without what is null; times as texts."""
    return sorted((name, _text(value)) for name, value in facts.items() if value is not None)


def _text(value: Any) -> str:
    native = value.to_native() if hasattr(value, "to_native") else value
    return native.isoformat() if isinstance(native, date | datetime) else repr(native)
