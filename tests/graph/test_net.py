"""The net state of a batch, without Neo4j: what many events come to is written once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from engine.core.commands import ClaimTask, ReleaseTask
from engine.core.events import Event
from graph.gathering import net
from graph.net import Known, Net, StepRow, properties, unsure
from tests.core.play import ADMIN, HEAD, NOON, Play, journey_of
from tests.core.stage import Stage

TWO = """
- {id: a, performed_by: clerk, enables: [b]}
- {id: b, performed_by: clerk, enables: [end]}
- {id: end, kind: milestone, outcome: fine}
"""


def once(events: Sequence[Event]) -> Net:
    """The one round that `events` come to, in a graph that knows nothing of them."""
    (rows,) = net(events, Known())
    return rows


def moved(rows: Net) -> dict[str, str | None]:
    return {rows.steps[place].atom: rows.steps[place].short for place in rows.moved}


def step_of(rows: Net, atom: str) -> StepRow:
    (row,) = [row for row in rows.steps if row.atom == atom]
    return row


def led(rows: Net) -> list[tuple[str, int, str, int]]:
    """(atom, visit) of both ends of every edge that was taken."""
    ends = [(rows.steps[source], rows.steps[target]) for source, target, _ in rows.led]
    return [(source.atom, source.visit, target.atom, target.visit) for source, target in ends]


def time(rows: Net, place: int | None) -> datetime:
    assert place is not None
    return datetime.fromtimestamp(rows.times[place] / 1_000_000, UTC)


def test_a_whole_run_in_one_batch_writes_each_step_once_in_its_last_state():
    play = Play(TWO).start()
    play.done("a")
    play.done("b")
    rows = once(play.events)
    assert moved(rows) == {"a": "COMPLETED", "b": "COMPLETED", "end": "COMPLETED"}
    (process,) = rows.started
    assert (process["facts"]["status"], process["facts"]["outcome"]) == ("completed", "fine")
    assert rows.changed == []
    assert led(rows) == [("a", 1, "b", 1), ("b", 1, "end", 1)]


def test_a_later_batch_says_only_what_its_events_say():
    play = Play(TWO).start()
    events = play.done("a").events
    rows = once(events)
    assert rows.started == []
    assert moved(rows) == {"a": "COMPLETED", "b": "AT_STEP"}
    a = step_of(rows, "a")
    assert (a.ready, a.started) == (None, None)
    assert time(rows, a.ended) == play.now
    assert [row.atom for row in rows.steps if row.since is not None] == ["b"]


def test_a_taken_edge_into_a_join_opens_a_waiting_step_and_moves_nothing():
    """The graph: PENDING is an atom that some edge was taken into and that has not started."""
    play = Play("""
        - {id: a, entry: true, performed_by: clerk, enables: [c]}
        - {id: b, entry: true, performed_by: clerk, enables: [c]}
        - {id: c, performed_by: clerk}
        """).start()
    rows = once(play.done("a").events)
    c = step_of(rows, "c")
    assert (c.short, c.state, time(rows, c.since)) == (None, None, play.now)
    assert "c" not in moved(rows)


def test_the_last_word_on_who_holds_a_step_counts():
    play = Play(TWO).start()
    task = play.task("a").n
    claimed = play.give(ClaimTask(ADMIN, task))
    released = play.give(ReleaseTask(ADMIN, task, "lunch"))
    held = once(claimed.events)
    assert [(row.link, row.user) for row in held.people] == [("HOLDS", held.users.index("ada"))]
    for events in (released.events, [*claimed.events, *released.events]):
        assert [(row.link, row.user) for row in once(events).people] == [(None, None)]


def test_a_step_that_an_incident_holds_after_its_exit_leads_nowhere_until_it_is_mended():
    """R9: the edges stay pending."""
    play = Play("""
        - {id: a, performed_by: clerk, enables: [{to: b, rule: {"==": [{var: text}, "x"]}}, {to: b2, otherwise: true}]}
        - {id: b, performed_by: clerk}
        - {id: b2, performed_by: clerk}
        """).start()
    held = once(play.done("a").events)
    a = step_of(held, "a")
    assert (a.state, held.noted) == ("completed", [(0, {"held": "edges"})])
    (incident,) = held.incidents
    assert (incident["step"], incident["facts"]["code"], incident["facts"]["open"]) == ("p1/a/1", "unresolved", True)
    assert held.led == []
    play.patch(text="x")
    mended = once(play.retry().events)
    assert mended.noted == [(0, {"held": None})]
    assert [row["facts"]["open"] for row in mended.incidents] == [None]
    assert led(mended) == [("a", 1, "b", 1)]


def test_active_since_is_the_start_and_completed_since_is_the_end():
    play = Play(TWO).start()
    play.done("a")
    rows = once(play.events)
    (a, b) = rows.steps
    assert [time(rows, row.since) for row in (a, b)] == [NOON + timedelta(seconds=2), NOON + timedelta(seconds=2)]
    assert (time(rows, a.started), time(rows, a.ended)) == (
        NOON + timedelta(seconds=1),
        NOON + timedelta(seconds=2),
    )
    assert b.ended is None


def test_a_time_is_sent_once_however_many_rows_have_it():
    play = Play(TWO).start()
    play.done("a")
    assert len(once(play.events).times) == 2


def test_events_of_a_process_count_in_the_order_of_their_numbers():
    """Transactions that waited for each other's locks may come in the order in which they began."""
    play = Play(TWO).start()
    play.done("a")
    assert once(play.events[::-1]) == once(play.events)


def test_what_many_rows_name_is_sent_once_and_referred_to_by_its_place():
    play = Play(TWO).start()
    play.done("a")
    play.done("b")
    rows = once(play.events)
    assert (rows.processes, rows.users) == (["p1"], ["ada"])
    assert {row.process for row in rows.steps} == {0}
    assert [(row.step, row.user) for row in rows.people] == [(0, 0), (1, 0)]


def test_dimensions_are_plain_properties_and_never_take_the_place_of_fixed_ones():
    assert properties({"branch": "north", "vip": True, "amount": Decimal("1.50"), "status": "odd", "id": 7}) == {
        "branch": "north",
        "vip": True,
        "amount": 1.5,
        "context_status": "odd",
        "context_id": 7,
    }


def test_a_dimension_that_is_no_plain_value_is_removed_and_a_huge_number_is_rounded():
    assert properties({"list": [1], "object": {"a": 1}, "gone": None, "huge": 10**30}) == {
        "list": None,
        "object": None,
        "gone": None,
        "huge": 1e30,
    }


def test_a_rework_ends_a_round_and_what_follows_has_the_new_visits():
    """R7: what it resets depends on the graph as it stands after all that went before."""
    stage = (
        Stage("""
        - {id: a, performed_by: clerk, enables: [b]}
        - {id: b, performed_by: clerk, enables: [{to: c}, {to: a, rule: {"==": [{var: go}, false]}, rework: true}]}
        - {id: c, performed_by: clerk}
        """)
        .start(go=False)
        .done("a")
        .done("b")
        .patch(go=True)
        .done("a")
    )
    first, second = net(stage.world.events, Known())
    (row,) = first.reworked
    assert [member["key"] for member in row["members"]] == ["p1/a/2", "p1/b/2", "p1/c/1"]
    assert [member["old"] for member in row["members"]] == ["p1/a/1", "p1/b/1", "p1/c/1"]
    assert (row["source"], row["key"]) == ("p1/b/1", "p1/a/2")
    assert second.reworked == []
    assert led(second) == [("a", 2, "b", 2)]
    assert led(first) == [("a", 1, "b", 1)]


def test_a_later_batch_leads_to_the_visits_that_the_graph_knows():
    play = Play(TWO).start()
    rows = net(play.done("a").events, Known({"p1": {"b": 3}}))[0]
    assert led(rows) == [("a", 1, "b", 3)]
    # The rework opened it without a short form: from now on it waits, until it starts in this batch or a later one.
    assert [row["key"] for row in rows.awaited] == ["p1/b/3"]


def test_the_task_of_one_element_does_not_end_the_step():
    """R14: its event looks like that of a step which is held after its exit (R9); the graph tells them apart."""
    stage = Stage("[{id: a, performed_by: clerk, for_each: [1, 2], saves: n1}]").start()
    begun = len(stage.world.events)
    events = stage.done("a", 0).world.events[begun:]
    assert unsure(events) == ["p1/a/1"]
    assert moved(net(events, Known(lists=frozenset({"p1/a/1"})))[0]) == {}
    assert moved(net(events, Known())[0]) == {"a": "COMPLETED"}


def test_children_are_joined_to_their_steps_in_the_last_round():
    """R15: the step may come in a later round of its process than the child's start in that of its own."""
    child = journey_of("[{id: inner, performed_by: clerk}]", HEAD.replace("example", "child"))
    stage = Stage("[{id: a, kind: subjourney, calls: child@1.0.0}]", {"child@1.0.0": child})
    stage.start().suspend().resume()
    *earlier, last = net(stage.world.events, Known())
    assert earlier
    assert [row for rows in earlier for row in rows.adopted] == []
    assert [row["step"] for row in last.adopted] == ["p1/a/1"]
