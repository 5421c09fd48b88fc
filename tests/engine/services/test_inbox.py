"""The inbox as its callers get it: whose work each scope is, what it says of what they may not take, and counts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pytest

from engine.answers import Page
from engine.clock_answers import SlaAnswer
from engine.core.callers import Caller
from engine.core.errors import Forbidden
from engine.core.organisation import Organisation, User
from engine.inbox_answers import InboxItem
from engine.journeys import Journeys
from engine.ports import ANY_WORK, Order, Staff, Whose, WorkFilter
from engine.services.calls import Call
from engine.services.inbox import InboxService, Scope
from tests.core.play import journey_of

JOURNEY = journey_of("""
- {id: enter, performed_by: clerk, enables: [check, tell]}
- {id: check, performed_by: {role: clerk, same_as: enter}}
- {id: tell, performed_by: {role: clerk, strategy: manual}}
""")
MONA = Caller("mona", frozenset({"chief"}), manages=frozenset({"carl", "cora"}), leads=frozenset({"clerk"}))
STAFF = Organisation.of(
    1,
    [
        User("mona", "Mona", roles=frozenset({"chief"})),
        User("carl", "Carl", roles=frozenset({"clerk"}), reports_to="mona"),
        User("cora", "Cora", roles=frozenset({"clerk"}), reports_to="mona"),
    ],
    [],
    [],
)


class Listing:
    """The port `Inbox`: gives what it is told to, and knows what it was asked."""

    def __init__(self, *items: InboxItem, count: int = 0) -> None:
        self.items = items
        self.counted = count
        self.asked: list[Whose] = []
        self.looked_up: list[tuple[str, str]] = []

    async def page(self, whose: Whose, wanted: WorkFilter, order: Order, cursor: str | None, limit: int) -> Page[Any]:
        self.asked.append(whose)
        return Page(self.items)

    async def count(self, whose: Whose, wanted: WorkFilter, most: int) -> int:
        self.asked.append(whose)
        return min(self.counted, most)

    async def performers(self, steps: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[str]]:
        self.looked_up += steps
        return {("p1", "enter"): ["carl"]}


class Published:
    async def get(self, journey: str | None, version: str | None) -> Any:
        assert (journey, version) == ("example", "1.0.0")
        return JOURNEY


class Known:
    async def current(self) -> Organisation:
        return STAFF


def service(listing: Listing) -> InboxService:
    return InboxService(listing, cast("Journeys", Published()), cast("Staff", Known()))


def item(atom: str | None, process: str = "p1", assignee: str | None = None) -> InboxItem:
    return InboxItem(
        id=f"{process}.1",
        kind="human" if atom else "ad_hoc",
        process=process,
        process_title="t",
        journey="example" if atom else None,
        atom=atom,
        visit=1,
        item_index=None,
        name="n",
        role="clerk",
        assignee=assignee,
        status="pending",
        priority="medium",
        due_at=None,
        sla=SlaAnswer(),
        input={},
        output=None,
        form=None,
        created_at="2026-03-01T12:00:00.000Z",
        started_at=None,
        ended_at=None,
        version=1,
        description=None,
        optional=False,
        delegated_by=None,
        seeking=False,
        escalations=0,
        journey_version="1.0.0" if atom else None,
        business_key=None,
    )


@pytest.mark.parametrize(
    ("scope", "whose"),
    [
        (None, Whose(users=frozenset({"mona"}), roles=frozenset({"chief"}), barred="mona")),
        ("mine", Whose(users=frozenset({"mona"}))),
        ("roles", Whose(roles=frozenset({"chief"}), barred="mona")),
        (
            "team",
            Whose(frozenset({"carl", "cora"}), frozenset({"clerk"}), asked=frozenset({"chief", "clerk"})),
        ),
        ("delegated", Whose(delegators=frozenset({"mona"}))),
    ],
)
async def test_a_scope_is_whose_work_it_says(scope: Scope | None, whose: Whose):
    listing = Listing()
    await service(listing).page(Call(MONA), None, 50, scope=scope)
    assert listing.asked == [whose]


async def test_anothers_inbox_is_for_their_manager_and_who_may_read_all_tasks():
    whose = Whose(users=frozenset({"carl"}), roles=frozenset({"clerk"}), barred="carl")
    auditor = Caller("anna", permissions=frozenset({"task:read_all"}))
    for caller in (MONA, auditor):
        listing = Listing()
        await service(listing).page(Call(caller), None, 50, user="carl")
        await service(listing).counts(Call(caller), user="carl", scope="mine")
        assert listing.asked[0] == whose
    for caller in (Caller("cora"), Caller("eve", frozenset({"clerk"}))):
        with pytest.raises(Forbidden, match="permission_denied"):
            await service(Listing()).page(Call(caller), None, 50, user="carl")
        with pytest.raises(Forbidden, match="permission_denied"):
            await service(Listing()).counts(Call(caller), user="carl")


async def test_of_somebody_whom_the_organisation_does_not_know_it_is_what_they_have():
    listing = Listing()
    await service(listing).page(Call(Caller("anna", permissions=frozenset({"task:read_all"}))), None, 50, user="zoe")
    assert listing.asked == [Whose(users=frozenset({"zoe"}), barred="zoe")]


async def test_an_item_says_why_it_cannot_be_taken():
    cora = Caller("cora", frozenset({"clerk"}))
    listing = Listing(item("enter"), item("check"), item("check", "p2"), item("tell"), item(None))
    page = await service(listing).page(Call(cora), None, 50)
    said = [one.not_for_you for one in page.items]
    assert said == [None, "kept_for_another", None, "given_by_hand", None]
    assert sorted(listing.looked_up) == [("p1", "enter"), ("p2", "enter")]


async def test_of_what_somebody_has_nothing_is_said():
    listing = Listing(item("check", assignee="cora"), item("tell", assignee="cora"))
    page = await service(listing).page(Call(Caller("cora", frozenset({"clerk"}))), None, 50)
    assert [one.not_for_you for one in page.items] == [None, None]
    assert listing.looked_up == []


@pytest.mark.parametrize(
    ("there", "count", "more", "text"),
    [(0, 0, False, "0"), (999, 999, False, "999"), (1000, 1000, False, "1,000"), (1001, 1000, True, "1,000+")],
)
async def test_counts_are_exact_up_to_a_thousand(there: int, count: int, more: bool, text: str):
    counts = await service(Listing(count=there)).counts(Call(MONA))
    for tally in (counts.mine, counts.roles, counts.team, counts.delegated):
        assert tally
        assert (tally.count, tally.more, tally.text) == (count, more, text)
    only = await service(Listing(count=there)).counts(Call(MONA), scope="roles", wanted=ANY_WORK)
    assert (only.mine, only.team, only.delegated) == (None, None, None)
    assert only.roles and only.roles.count == count


async def test_a_scope_that_is_empty_beforehand_is_not_asked_for():
    listing = Listing(count=5)
    counts = await service(listing).counts(Call(Caller("eve")))
    assert counts.roles and counts.team and counts.mine
    assert (counts.mine.count, counts.roles.count, counts.team.count) == (5, 0, 0)
