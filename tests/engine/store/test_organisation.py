"""Who there is, in the tables: what changed is read as what is there, and nothing that makes no sense goes in."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from engine.core.errors import Conflict, EngineError, Invalid
from engine.core.organisation import Absence, Organisation, Role, Skill, Team, User
from engine.organisation import CurrentStaff
from engine.ports import Edition, Entered, Removable, Token
from engine.store import Postgres
from tests.conformance.worlds import World
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ROLES, TEAMS, USERS = ("clerk", "boss", "packer"), ("x", "y"), tuple("abcdefgh")
GIVEN = journey_of("[{id: only, performed_by: {role: clerk, strategy: round_robin}}]")


async def whole(postgres: Postgres) -> Organisation:
    """Everything that is there, read at once."""
    found = (await postgres.organisation.read(None)).changes
    return Organisation.of(found.version, found.users, found.roles, found.teams)


async def begin(postgres: Postgres, *users: User) -> None:
    roles = tuple(Role(id, id.title()) for id in ROLES)
    await postgres.organisation.apply(Entered(users, roles, (Team("x", "X"), Team("y", "Y"))), "test")


async def test_what_is_followed_is_what_is_there_whatever_happens(postgres: Postgres) -> None:
    await begin(postgres)
    staff = CurrentStaff(postgres.organisation)
    draw = random.Random(7)
    happened: set[str] = set()
    for _ in range(120):
        try:
            happened.add(await _something(postgres, draw))
        except EngineError as refusal:
            happened.add(refusal.code)
        assert await staff.renew() == await whole(postgres)
    assert happened >= {"user", "team", "members", "absence", "role", "removed", "manager_circle", "request_invalid"}


async def _something(postgres: Postgres, draw: random.Random) -> str:
    """Changes something at random; says what."""
    store = postgres.organisation
    what = draw.choice(("user", "user", "team", "members", "absence", "role", "removed", "token"))
    user = User(
        id=draw.choice(USERS),
        name=draw.choice("NM"),
        active=draw.random() < 0.8,
        roles=frozenset(draw.sample(ROLES, draw.randrange(3))),
        teams=frozenset(draw.sample(TEAMS, draw.randrange(2))),
        reports_to=draw.choice((None, *USERS)),
        skills=tuple(Skill(name, draw.randrange(1, 4)) for name in draw.sample(("s", "a"), draw.randrange(3))),
        capacity=draw.choice((None, 3)),
    )
    absence = Absence(0, NOW + draw.randrange(3) * DAY, FAR, draw.choice((None, "a")), None, draw.choice(("", "ill")))
    match what:
        case "user":
            await store.apply(Entered(users=(user,)), "test")
        case "team":
            await store.apply(Entered(teams=(Team(draw.choice(TEAMS), "T", draw.choice((None, *USERS))),)), "test")
        case "members":
            members = frozenset(draw.sample(USERS, draw.randrange(3)))
            await store.apply(Entered(members=((draw.choice(TEAMS), members),)), "test")
        case "absence":
            await store.apply(Entered(absences=((draw.choice("bcd"), absence),)), "test")
        case "role":
            await store.apply(Entered(roles=(Role(draw.choice(ROLES), draw.choice("RS")),)), "test")
        case "removed":
            kinds: tuple[tuple[Removable, tuple[str, ...]], ...] = (("user", USERS), ("team", TEAMS), ("role", ROLES))
            kind, ids = draw.choice(kinds)
            await store.remove(kind, draw.choice(ids), "test")
        case _:
            await store.enter_from_token(Token(user, NOW + draw.randrange(10) * DAY))
    return what


async def test_programs_that_change_it_side_by_side_count_each_change_once(
    postgres: Postgres, another: Postgres
) -> None:
    await begin(postgres)
    before = (await postgres.organisation.edition()).version
    entered = [Entered(users=(User(f"u{number}", "U", roles=frozenset({"clerk"})),)) for number in range(20)]
    stores = (postgres.organisation, another.organisation)
    await asyncio.gather(*(stores[place % 2].apply(one, "test") for place, one in enumerate(entered)))
    found = await whole(another)
    assert found.version == before + 20
    assert len(found.holders("clerk")) == 20


async def test_a_circle_that_two_make_side_by_side_is_refused(postgres: Postgres, another: Postgres) -> None:
    await begin(postgres, User("a", "A"), User("b", "B"))
    outcomes = await asyncio.gather(
        postgres.organisation.apply(Entered(users=(User("a", "A", reports_to="b"),)), "test"),
        another.organisation.apply(Entered(users=(User("b", "B", reports_to="a"),)), "test"),
        return_exceptions=True,
    )
    (refusal,) = [one for one in outcomes if isinstance(one, Invalid)]
    assert refusal.code == "manager_circle"


async def test_a_circle_within_what_comes_together_is_refused_and_so_is_a_chain_without_end(postgres: Postgres) -> None:
    await begin(postgres)
    circle = tuple(User(id, "U", reports_to=boss) for id, boss in (("a", "b"), ("b", "c"), ("c", "a")))
    with pytest.raises(Invalid, match="nobody is above themselves"):
        await postgres.organisation.apply(Entered(circle), "test")
    chain = tuple(User(f"u{n:03}", "U", reports_to=f"u{n - 1:03}" if n else None) for n in range(101))
    await postgres.organisation.apply(Entered(chain), "test")
    with pytest.raises(Invalid, match="More than 100 managers"):
        await postgres.organisation.apply(Entered((User("last", "L", reports_to="u100"),)), "test")


async def test_what_a_dry_run_would_change_stays(postgres: Postgres) -> None:
    await begin(postgres, User("a", "A"))
    before = await whole(postgres)
    told = await postgres.organisation.apply(Entered((User("a", "B"), User("b", "B"))), "test", dry_run=True)
    assert [(one.id, one.happened) for one in told.differences] == [("a", "changed"), ("b", "added")]
    assert await whole(postgres) == before
    with pytest.raises(Invalid):
        await postgres.organisation.apply(Entered((User("b", "B", reports_to="zz"),)), "test", dry_run=True)


async def test_a_database_that_was_brought_back_is_read_anew(postgres: Postgres, sql: Plain) -> None:
    """Its version may be one that is known, with other people."""
    await begin(postgres, User("a", "A"))
    known = await postgres.organisation.edition()
    await sql.execute("UPDATE epoch SET id = gen_random_uuid()")
    found = await postgres.organisation.read(known)
    assert (found.whole, [user.id for user in found.changes.users]) == (True, ["a"])
    ahead = replace(found.edition, version=found.edition.version + 1)
    assert (await postgres.organisation.read(ahead)).whole
    assert not (await postgres.organisation.read(found.edition)).whole


async def test_the_value_follows_a_restore(postgres: Postgres, sql: Plain) -> None:
    await begin(postgres, User("a", "A"))
    staff = CurrentStaff(postgres.organisation)
    assert (await staff.current()).users.keys() == {"a"}
    await sql.execute("DELETE FROM users")
    await sql.execute("UPDATE epoch SET id = gen_random_uuid()")
    assert (await staff.renew()).users.keys() == set()
    assert staff.edition == Edition((await postgres.organisation.edition()).epoch, 1)


async def test_work_that_seeks_somebody_is_looked_at_again_when_its_role_changes(
    postgres: Postgres, world: World, sql: Plain
) -> None:
    await begin(postgres, User("a", "A", roles=frozenset({"clerk", "boss"})), User("b", "B", roles=frozenset({"boss"})))
    await world.start(GIVEN)

    async def waits_after(entered: Entered) -> bool:
        await sql.execute("UPDATE assignment_queue SET next_at = '2099-01-01'")
        await postgres.organisation.apply(entered, "test")
        row = await (await sql.execute("SELECT next_at > wayline_now() FROM assignment_queue")).fetchone()
        assert row
        return bool(row[0])

    clerk = User("a", "A", roles=frozenset({"clerk", "boss"}))
    assert await waits_after(Entered((replace(clerk, name="Anna"),))), "what they are called moves no work"
    assert await waits_after(Entered((User("b", "B", capacity=1, roles=frozenset({"boss"})),))), "another role's"
    assert not await waits_after(Entered((replace(clerk, capacity=9),)))
    assert not await waits_after(Entered(absences=(("a", Absence(0, NOW, FAR)),)))
    assert not await waits_after(Entered((User("c", "C", roles=frozenset({"clerk"})),)))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO absences (user_id, starts_at, ends_at) VALUES ('a', '2026-01-02', '2026-01-02')",
        "INSERT INTO absences (user_id, starts_at, ends_at, substitute) VALUES ('a', '2026-01-02', '2026-01-03', 'a')",
        "INSERT INTO absences (user_id, starts_at, ends_at, roles) VALUES ('a', '2026-01-02', '2026-01-03', '{}')",
        "UPDATE users SET reports_to = 'a' WHERE id = 'a'",
        "UPDATE users SET reports_to = CASE id WHEN 'a' THEN 'b' ELSE 'a' END",
        "UPDATE users SET capacity = -1",
        "INSERT INTO user_skills (user_id, skill, level) VALUES ('a', 's', 0)",
    ],
)
async def test_nonsense_stays_out_whoever_writes(postgres: Postgres, sql: Plain, statement: Any) -> None:
    await begin(postgres, User("a", "A"), User("b", "B"))
    with pytest.raises(psycopg.errors.CheckViolation):
        await sql.execute(statement)


async def test_two_absences_are_not_made_the_same(postgres: Postgres) -> None:
    await begin(postgres, User("a", "A"))
    first, second = Absence(0, NOW, FAR), Absence(0, NOW + DAY, FAR)
    told = await postgres.organisation.apply(Entered(absences=(("a", first), ("a", second))), "test")
    id = int(told.differences[1].id.rpartition(".")[2])
    with pytest.raises(Conflict):
        await postgres.organisation.apply(Entered(absences=(("a", replace(first, id=id)),)), "test")
