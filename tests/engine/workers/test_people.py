"""The worker that keeps the organisation in the graph: what it asks, and when it writes."""

import pytest

from engine.clock import monotonic
from engine.core.errors import Unavailable
from engine.core.organisation import Organisation
from engine.ports import Edition
from engine.workers import people
from engine.workers.people import PeopleProjector


class Staff:
    """An organisation of an edition, as a test says."""

    def __init__(self) -> None:
        self.edition: Edition | None = Edition("one", 1)

    async def current(self) -> Organisation:
        return Organisation(version=self.edition.version if self.edition else 0)


class Graph:
    """Remembers what it was asked to show; `busy` while another one writes."""

    def __init__(self) -> None:
        self.shown: Edition | None = None
        self.busy = self.away = False
        self.asked = 0
        self.brought: list[tuple[Edition, bool]] = []

    async def edition(self) -> Edition | None:
        self.asked += 1
        if self.away:
            raise Unavailable("unavailable", "Neo4j is away.", retry_after=1, part="neo4j")
        return self.shown

    async def bring(self, organisation: Organisation, edition: Edition, *, anew: bool = False) -> bool:
        if self.busy:
            return False
        assert organisation.version == edition.version
        self.shown = edition
        self.brought.append((edition, anew))
        return True


@pytest.fixture
def staff() -> Staff:
    return Staff()


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds have passed for the worker beyond the clock's."""
    passed = [0.0]
    monkeypatch.setattr(people, "monotonic", lambda: monotonic() + passed[0])
    return passed


async def test_another_edition_is_brought_once(staff: Staff, graph: Graph):
    worker = PeopleProjector(staff, graph)
    for version in (1, 1, 2, 2):
        staff.edition = Edition("one", version)
        assert not await worker.run_once()
    assert graph.brought == [(Edition("one", 1), False), (Edition("one", 2), False)]


async def test_after_a_restore_the_same_number_is_another_edition(staff: Staff, graph: Graph):
    """House: cursors carry an epoch, so that a restored database is noticed."""
    worker = PeopleProjector(staff, graph)
    await worker.run_once()
    staff.edition = Edition("two", 1)
    await worker.run_once()
    assert [edition.epoch for edition, _ in graph.brought] == ["one", "two"]


async def test_while_nothing_changes_the_graph_is_asked_every_few_seconds(
    staff: Staff, graph: Graph, later: list[float]
):
    worker = PeopleProjector(staff, graph)
    for _ in range(9):
        await worker.run_once()
    assert graph.asked == 1
    later[0] = 6
    await worker.run_once()
    assert (graph.asked, len(graph.brought)) == (2, 1)


async def test_a_graph_that_was_wiped_gets_it_again(staff: Staff, graph: Graph, later: list[float]):
    worker = PeopleProjector(staff, graph)
    await worker.run_once()
    graph.shown, later[0] = None, 6
    await worker.run_once()
    assert graph.shown == Edition("one", 1)


async def test_what_another_one_is_at_is_tried_again_until_the_graph_shows_it(staff: Staff, graph: Graph):
    graph.busy = True
    worker = PeopleProjector(staff, graph)
    await worker.run_once()
    graph.busy = False
    await worker.run_once()
    assert graph.shown == Edition("one", 1)


async def test_a_graph_that_is_away_is_told_of_and_asked_again_at_the_next_run(staff: Staff, graph: Graph):
    worker, graph.away = PeopleProjector(staff, graph), True
    with pytest.raises(Unavailable):
        await worker.run_once()
    graph.away = False
    await worker.run_once()
    assert graph.shown == Edition("one", 1)


async def test_nothing_is_brought_before_the_organisation_was_read(staff: Staff, graph: Graph):
    staff.edition = None
    worker = PeopleProjector(staff, graph)
    await worker.run_once()
    await worker.rebuild()
    assert (graph.asked, graph.brought) == (0, [])


async def test_a_rebuild_writes_everything_whatever_the_graph_shows(staff: Staff, graph: Graph):
    graph.shown = staff.edition
    await PeopleProjector(staff, graph).rebuild()
    assert graph.brought == [(Edition("one", 1), True)]
