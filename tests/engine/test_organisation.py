"""The value in memory: as old as is said, and there while the database is away."""

import asyncio
from collections.abc import Callable

import pytest

from engine import clock
from engine.core.errors import Unavailable
from engine.core.organisation import Changes, Organisation, Role, User
from engine.organisation import ASKED_AFTER, WAITED_FOR, CurrentStaff
from engine.ports import Edition, Read

ANN, BEN = User("ann", "Ann", roles=frozenset({"clerk"})), User("ben", "Ben")


class Tables:
    """Just what `CurrentStaff` asks of a database: it may be away, or slow."""

    def __init__(self) -> None:
        self.edition_now = Edition("e", 1)
        self.users: tuple[User, ...] = (ANN,)
        self.away = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.began = asyncio.Event()
        self.asked = 0
        self.read_whole: list[bool] = []

    async def edition(self) -> Edition:
        self.asked += 1
        self.began.set()
        seen = self.edition_now
        await self.answers.wait()
        if self.away:
            raise Unavailable("unavailable")
        return seen

    async def read(self, known: Edition | None) -> Read:
        if self.away:
            raise Unavailable("unavailable")
        self.read_whole.append(known is None)
        changes = Changes(self.edition_now.version, self.users, (Role("clerk", "Clerk"),))
        return Read(self.edition_now, known is None, changes)

    def change(self, *users: User) -> None:
        self.users = users
        self.edition_now = Edition("e", self.edition_now.version + 1)


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    passed = 0.0
    monotonic = clock.monotonic
    monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + passed)

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    return move


def staff_of(tables: Tables) -> CurrentStaff:
    return CurrentStaff(tables)  # type: ignore[arg-type]


async def test_the_database_is_asked_once_a_second_and_read_when_it_changed(advance: Callable[[float], None]) -> None:
    tables = Tables()
    staff = staff_of(tables)
    assert staff.edition is None
    assert (await staff.current()).users == {"ann": ANN}
    tables.change(BEN)
    assert "ben" not in (await staff.current()).users
    advance(ASKED_AFTER)
    assert (await staff.current()).users == {"ann": ANN, "ben": BEN}
    assert (tables.read_whole, staff.edition) == ([True, False], Edition("e", 2))


async def test_many_who_ask_at_once_ask_once(advance: Callable[[float], None]) -> None:
    tables = Tables()
    staff = staff_of(tables)
    await staff.current()
    advance(ASKED_AFTER)
    await asyncio.gather(*(staff.current() for _ in range(50)))
    assert tables.asked == 1


async def test_while_the_database_is_away_the_last_value_holds(advance: Callable[[float], None]) -> None:
    tables = Tables()
    staff = staff_of(tables)
    await staff.current()
    tables.away = True
    tables.change(BEN)
    advance(ASKED_AFTER)
    assert (await staff.current()).users == {"ann": ANN}
    tables.away = False
    advance(ASKED_AFTER)
    assert "ben" in (await staff.current()).users


async def test_a_value_that_was_never_read_is_refused_while_the_database_is_away() -> None:
    tables = Tables()
    tables.away = True
    staff = staff_of(tables)
    with pytest.raises(Unavailable):
        await staff.current()
    tables.away = False
    assert (await staff.current()).users == {"ann": ANN}


async def test_nobody_waits_long_for_a_database_that_does_not_answer(advance: Callable[[float], None]) -> None:
    tables = Tables()
    staff = staff_of(tables)
    await staff.current()
    tables.answers.clear()
    advance(ASKED_AFTER)
    waiting = asyncio.create_task(staff.current())
    await tables.began.wait()
    advance(WAITED_FOR)
    async with asyncio.timeout(4):
        assert (await staff.current()).users == {"ann": ANN}, "who comes later does not wait at all"
        assert (await waiting).users == {"ann": ANN}
    tables.answers.set()


async def test_an_own_change_is_seen_at_once_even_where_a_question_began_before_it() -> None:
    tables = Tables()
    staff = staff_of(tables)
    await staff.current()
    tables.answers.clear()
    staff._asked_at = float("-inf")
    early = asyncio.create_task(staff.current())
    await tables.began.wait()
    tables.change(BEN)
    renewed = asyncio.create_task(staff.renew())
    tables.answers.set()
    assert "ben" in (await renewed).users
    await early


def test_nobody_at_all_is_an_organisation() -> None:
    assert Organisation().holders("clerk") == ()
    assert Organisation().managed_by("ann") == frozenset()
