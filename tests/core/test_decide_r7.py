"""R7: regions, visits, gates, limits; R18: repeating by hand."""

import pytest

from engine.core.errors import Conflict, Invalid, NotFound
from tests.core.stage import Stage

LOOP = """
  - {id: ask, performed_by: clerk, enables: [check, other]}
  - {id: other, performed_by: clerk, enables: [both]}
  - id: check
    performed_by: clerk
    enables: [{to: both}, {to: ask, rework: true, rule: {"==": [{var: go}, false]}}]
  - {id: both, performed_by: clerk, depends_on: [aside]}
  - {id: aside, performed_by: clerk, entry: true}
"""


def test_r7_the_region_waits_again_with_the_next_visit_and_its_target_starts_at_once():
    play = Stage(LOOP.replace("clerk, enables: [check", "clerk, entry: true, enables: [check")).start(go=False)
    play.done("ask").done("check")
    assert play.states == {
        "ask": "active 2",
        "other": "waiting 2",
        "check": "waiting 2",
        "both": "-",
        "aside": "active",
    }
    assert play.open == ["aside", "ask"]
    play.patch(go=True).done("ask").done("check").done("other").done("aside").done("both")
    assert play.ended == ("completed", "completed")


def test_r7_the_open_work_of_the_region_is_cancelled():
    play = Stage("""
      - {id: t, performed_by: clerk, enables: [a, timed, asked, many]}
      - {id: a, performed_by: clerk, enables: [{to: t, rework: true}], may_end: true}
      - {id: timed, kind: wait, for: PT1H}
      - {id: asked, kind: wait, message: paid}
      - {id: many, performed_by: clerk, for_each: {var: items}, saves: got}
    """).start(items=[1, 2])
    play.done("t")
    assert len(play.process.timers) == len(play.process.waits) == 1
    play.done("a")
    assert play.open == ["t"]
    assert not play.process.timers
    assert not play.process.waits
    assert play.message("paid") == "kept"


def test_r7_what_lies_outside_keeps_its_edges_and_a_member_waits_for_its_fellows_first():
    play = Stage("""
      - {id: out, performed_by: clerk, entry: true, enables: [j]}
      - {id: t, performed_by: clerk, entry: true, enables: [m]}
      - id: m
        performed_by: clerk
        enables: [j, {to: t, rework: true, rule: {"==": [{var: go}, false]}}]
      - {id: j, performed_by: clerk, join: any}
    """).start(go=False)
    play.done("out")
    assert play.open == ["t", "j"]
    play.done("t").done("m")
    assert play.states["j"] == "waiting 2", "its edge from outside is taken, and yet it waits for m (R7)"
    play.patch(go=True).done("t").done("m")
    assert play.states["j"] == "active 2"


def test_r7_a_member_behind_edges_from_outside_alone_is_decided_at_once():
    play = Stage("""
      - {id: out, performed_by: clerk, entry: true, enables: [d]}
      - {id: t, performed_by: clerk, entry: true, enables: [{to: t2}]}
      - {id: t2, performed_by: clerk, enables: [{to: t, rework: true, rule: {var: go}}], may_end: true}
      - {id: d, performed_by: clerk, depends_on: [t]}
    """).start(go=True)
    play.done("t").done("out").done("t2")
    assert play.states["d"] == "waiting 2"
    play.patch(go=False).done("t")
    assert play.states["d"] == "active 2", "its edge from outside was kept; it waited for its dependency alone"


def test_r7_an_atom_may_lead_back_to_itself_until_its_visits_are_used_up():
    play = Stage("""
      - {id: a, performed_by: clerk, max_visits: 2, enables: [{to: a, rework: true, rule: {var: go}}, b]}
      - {id: b, performed_by: clerk}
    """).start(go=True)
    play.done("a")
    assert play.states["a"] == "active 2"
    play.done("a")
    assert play.incident == ("rework_limit", "a", None)
    assert play.states == {"a": "completed 2", "b": "-"}, "nothing is reset, and the edges are pending"
    play.patch(go=False).retry()
    assert play.open == ["b"]


def test_r7_an_instant_atom_that_leads_back_to_itself_ends_at_its_limit():
    play = Stage("""
      - {id: a, performed_by: clerk, enables: [d]}
      - {id: d, kind: decision, enables: [{to: d, rework: true, rule: {var: go}}, {to: b, otherwise: true}]}
      - {id: b, performed_by: clerk}
    """).start(go=True)
    play.done("a")
    assert play.incident == ("rework_limit", "d", None)
    assert play.process.steps["d"].visit == 10


def test_r7_rework_edges_come_first_in_the_order_of_priority_and_nothing_else_is_taken():
    play = Stage("""
      - {id: x, performed_by: clerk, enables: [y]}
      - {id: y, performed_by: clerk, enables: [z]}
      - id: z
        performed_by: clerk
        enables:
          - {to: end}
          - {to: x, rework: true, rule: {var: go}, priority: 2}
          - {to: y, rework: true, rule: {var: go}, priority: 1}
      - {id: end, performed_by: clerk}
    """).start(go=True)
    play.done("x").done("y").done("z")
    assert play.states == {"x": "completed", "y": "active 2", "z": "waiting 2", "end": "-"}


def test_r7_an_error_may_lead_back():
    play = Stage("""
      - {id: a, performed_by: clerk, enables: [b]}
      - id: b
        kind: system
        action: do.it
        enables: [c, {to: a, rework: true, on: error}]
      - {id: c, performed_by: clerk}
    """).start()
    play.done("a").fail("b")
    assert play.states == {"a": "active 2", "b": "waiting 2", "c": "-"}


def test_r18_repeating_an_atom_that_still_waits_makes_it_ready_whatever_its_join():
    play = Stage("""
      - {id: a, performed_by: clerk, entry: true, enables: [j]}
      - {id: b, performed_by: clerk, entry: true, enables: [j]}
      - {id: j, performed_by: clerk, depends_on: [c]}
      - {id: c, performed_by: clerk, entry: true}
    """).start()
    play.done("a").repeat("j")
    assert play.states["j"] == "waiting", "it is held by its dependency alone"
    play.done("c")
    assert play.states["j"] == "active"


def test_r18_repeating_beyond_the_limit_is_refused():
    play = Stage("[{id: a, performed_by: clerk, max_visits: 1, enables: [b]}, {id: b, performed_by: clerk}]").start()
    play.done("a")
    with pytest.raises(Conflict, match="rework_limit") as refused:
        play.repeat("a")
    assert refused.value.details == {"max_visits": 1}
    with pytest.raises(NotFound, match="atom_not_found"):
        play.repeat("nothing")


def test_r1_a_part_whose_rework_runs_outside_of_it_cannot_be_started_by_itself():
    play = Stage("""
      phases:
        - {id: one, name: One, atoms: [{id: a, performed_by: clerk, enables: [b]}]}
        - id: two
          name: Two
          atoms:
            - {id: b, performed_by: clerk, enables: [c]}
            - {id: c, performed_by: clerk, enables: [{to: a, rework: true, rule: {var: go}}], may_end: true}
    """)
    with pytest.raises(Invalid, match="part_not_closed"):
        play.start(part="two")
