"""The organisation in Neo4j: who holds which role, beside the versions that name those roles. The port
`OrganisationProjection`.

::

    (:Atom)-[:PERFORMED_BY]->(:Role)-[:NAMES]->(:OrganisationRole)<-[:HOLDS]-(:User)
    (:User)-[:MEMBER_OF|MANAGES]->(:Team)             (:User)-[:REPORTS_TO]->(:User)
    (:User)-[:HAS_SKILL {level, expires_on}]->(:Skill)
    (:User)-[:ABSENT {from, until}]->(:OrganisationRole)            of which of the roles held
    (:User)-[:SUBSTITUTES {from, until, roles}]->(:User)            for whom; `roles` null for all

A role of the organisation is a `Role`, too. No email and no reason of an absence is here.

To bring the graph to another edition, what differs is written, in transactions of a thousand rows. Who wrote the
edition that is there knows it; anybody else compares the fingerprints that nodes carry with those of the rows that
should be. The checkpoint is moved when all is done; whoever is killed on the way has done part of the work for the
next. One brings it at a time.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from neo4j import AsyncManagedTransaction

from engine.clock import new_id
from engine.core.organisation import Absence, Organisation, Team, User
from engine.ports import Edition
from engine.statements import CYPHER_QUERIES, Statements
from graph.session import Session

Row = Mapping[str, Any]
Kind = Literal["roles", "teams", "people"]
Change = tuple[str, Sequence[Row]]
"""A statement and its rows."""

_Values = Mapping[Kind, Mapping[str, Any]]
_Marks = Mapping[Kind, Mapping[str, str | None]]
_KINDS: Final[tuple[Kind, ...]] = ("roles", "teams", "people")

_STATEMENTS: Final = Statements.load(CYPHER_QUERIES, ".cypher")
_SECONDS: Final = 30.0
_LEASE_MILLISECONDS: Final = 40_000
"""For so long after a batch nobody else takes the organisation: longer than a batch may take."""
_ROWS_AT_ONCE: Final = 1000


class OrganisationGraph:
    """User, OrganisationRole, Team and Skill nodes and what joins them, kept at an edition of the organisation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._holder = new_id()
        self._turn = asyncio.Lock()
        self._written: tuple[Edition, _Values] | None = None
        """What this process has written last, as long as the graph shows that."""

    async def edition(self) -> Edition | None:
        """Which organisation it shows; None where it never showed one."""

        async def work(tx: AsyncManagedTransaction) -> Edition | None:
            return _edition(await (await tx.run(_STATEMENTS["read_edition"])).single())

        return await self._session.read(work)

    async def bring(self, organisation: Organisation, edition: Edition, *, anew: bool = False) -> bool:
        """Makes it show `organisation`: writes what differs, or with `anew` everything.

        Does nothing and gives False where another one is at it, or where it shows a later version.
        """
        async with self._turn:
            taken = await self._take(edition)
            if taken is None:
                return False
            wanted = await asyncio.to_thread(_values, organisation)
            if self._written and not anew and taken == _Taken(self._written[0], whole=True):
                changes = await asyncio.to_thread(_differences, self._written[1], wanted)
            else:
                known: _Marks = {kind: await self._known(kind) for kind in _KINDS}
                changes = await asyncio.to_thread(_unlike, {} if anew else known, known, wanted)
            self._written = None
            for statement, rows in changes:
                for first in range(0, len(rows), _ROWS_AT_ONCE):
                    if not await self._write(statement, rows[first : first + _ROWS_AT_ONCE]):
                        return False
            if not await self._leave(edition):
                return False
            self._written = edition, wanted
            return True

    async def _known(self, kind: Kind) -> dict[str, str | None]:
        async def work(tx: AsyncManagedTransaction) -> dict[str, str | None]:
            return {row["id"]: row["fingerprint"] async for row in await tx.run(_STATEMENTS[f"known_{kind}"])}

        return await self._session.read(work, seconds=_SECONDS)

    async def _take(self, edition: Edition) -> "_Taken | None":
        async def work(tx: AsyncManagedTransaction) -> _Taken | None:
            given = {"epoch": edition.epoch, "version": edition.version, **self._lease()}
            row = await (await tx.run(_STATEMENTS["take_organisation"], given)).single()
            return None if row is None else _Taken(_edition(row), whole=row["whole"])

        return await self._session.write(work)

    async def _write(self, statement: str, rows: Sequence[Row]) -> bool:
        async def work(tx: AsyncManagedTransaction) -> bool:
            kept = await tx.run(_STATEMENTS["keep_organisation"], self._lease())
            if await kept.single() is None:
                return False
            await tx.run(_STATEMENTS[statement], net={"rows": list(rows)})
            return True

        return await self._session.write(work, seconds=_SECONDS)

    async def _leave(self, edition: Edition) -> bool:
        async def work(tx: AsyncManagedTransaction) -> bool:
            kept = await tx.run(_STATEMENTS["keep_organisation"], self._lease())
            if await kept.single() is None:
                return False
            for statement in ("prune_people", "prune_roles", "prune_skills"):
                await tx.run(_STATEMENTS[statement])
            given = {"epoch": edition.epoch, "version": edition.version, "holder": self._holder}
            await tx.run(_STATEMENTS["leave_organisation"], given)
            return True

        return await self._session.write(work, seconds=_SECONDS)

    def _lease(self) -> dict[str, Any]:
        return {"holder": self._holder, "lease": _LEASE_MILLISECONDS}


@dataclass(frozen=True, slots=True)
class _Taken:
    """What the graph showed when it was taken; `whole`: nobody was killed while they changed it."""

    edition: Edition | None
    whole: bool


def _edition(row: Any) -> Edition | None:
    return Edition(row["epoch"], row["version"]) if row and row["epoch"] is not None else None


def _values(organisation: Organisation) -> _Values:
    """What the graph is to show, by kind and id. Roles that somebody holds and nobody entered are named as they are."""
    held = {role for user in organisation.users.values() for role in user.roles}
    roles = {role: role for role in sorted(held)} | {role.id: role.name for role in organisation.roles.values()}
    return {"roles": roles, "teams": organisation.teams, "people": organisation.users}


def _differences(shown: _Values, wanted: _Values) -> list[Change]:
    """The changes from one organisation to another, whose values are the same objects where nothing changed."""
    rows: dict[Kind, list[Row]] = {
        kind: [
            _row(id, value)
            for id, value in wanted[kind].items()
            if (was := shown[kind].get(id)) is not value and was != value
        ]
        for kind in _KINDS
    }
    return _ordered(rows, {kind: shown[kind].keys() - wanted[kind].keys() for kind in _KINDS})


def _unlike(marked: _Marks, known: _Marks, wanted: _Values) -> list[Change]:
    """The changes to a graph whose nodes carry `known` fingerprints; those that are `marked` right are left out."""
    rows: dict[Kind, list[Row]] = {}
    for kind in _KINDS:
        right = marked.get(kind, {})
        every = (_row(id, value) for id, value in wanted[kind].items())
        rows[kind] = [row for row in every if right.get(row["id"]) != row["fingerprint"]]
    return _ordered(rows, {kind: known[kind].keys() - wanted[kind].keys() for kind in _KINDS})


def _ordered(rows: Mapping[Kind, list[Row]], gone: Mapping[Kind, Collection[str]]) -> list[Change]:
    """In the order in which it can be done: people hold roles and are members of teams."""
    changes: list[Change] = [(f"write_{kind}", rows[kind]) for kind in _KINDS]
    changes += [(f"forget_{kind}", [{"id": id} for id in sorted(gone[kind])]) for kind in reversed(_KINDS)]
    return changes


def _row(id: str, value: User | Team | str) -> Row:
    """What its statement reads; of a role the value is its name."""
    match value:
        case User():
            row = _person(value)
        case Team():
            row = {"id": id, "name": value.name, "managers": _some(value.manager)}
        case _:
            row = {"id": id, "name": value}
    return {**row, "fingerprint": hashlib.blake2b(msgspec.json.encode(row), digest_size=12).hexdigest()}


def _person(user: User) -> dict[str, Any]:
    """What `write_people` reads of a user. Who is absent at all is so from each role that is held."""
    skills = {skill.name: [skill.name, skill.level, skill.expires_on] for skill in user.skills}
    return {
        "id": user.id,
        "name": user.name,
        "active": user.active,
        "capacity": user.capacity,
        "roles": sorted(user.roles),
        "teams": sorted(user.teams),
        "reports_to": _some(user.reports_to),
        "skills": [skills[name] for name in sorted(skills)],
        "absences": [row for absence in user.absences for row in _absent(user, absence)],
        "substitutes": [
            [absence.substitute, *_period(absence), None if absence.roles is None else sorted(absence.roles)]
            for absence in user.absences
            if absence.substitute is not None
        ],
    }


def _absent(user: User, absence: Absence) -> Iterator[list[Any]]:
    roles = user.roles if absence.roles is None else user.roles & absence.roles
    return ([role, *_period(absence)] for role in sorted(roles))


def _period(absence: Absence) -> tuple[datetime, datetime]:
    return absence.starts_at, absence.ends_at


def _some(id: str | None) -> list[str]:
    return [] if id is None else [id]
