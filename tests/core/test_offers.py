"""What the inbox says beforehand of a task is what the claim would say: tried with everybody on every kind of atom."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import ClaimTask, CompleteTask, Strike
from engine.core.errors import EngineError
from engine.core.offers import asks_more, not_for
from tests.core.play import ADMIN, Play

ATOMS = """
- {id: first, performed_by: clerk, enables: [plain, skilled, kept, given, all]}
- {id: plain, performed_by: clerk}
- {id: skilled, performed_by: {role: clerk, skills: [law, {skill: tax, level: 3}]}}
- {id: kept, performed_by: {role: clerk, same_as: first}}
- {id: given, performed_by: {role: clerk, strategy: manual}}
- {id: all, performed_by: {role: clerk, strategy: manual, same_as: first, skills: [law]}}
"""


def people(role: str = "clerk") -> Iterator[Caller]:
    skills = ({}, {"law": 1}, {"law": 2, "tax": 2}, {"law": 1, "tax": 3})
    permissions = (frozenset[str](), frozenset({"task:act_any"}), frozenset({"task:reassign"}))
    leads = (frozenset[str](), frozenset({role}))
    for id, able, may, leading in itertools.product(("carl", "cora"), skills, permissions, leads):
        yield Caller(id, frozenset({role}), may, able, leads=leading)


def said_and_refused(play: Play, caller: Caller) -> Iterator[tuple[str | None, str | None]]:
    """For each open task what the inbox says, and what the claim says."""
    for task in list(play.process.open_tasks()):
        route = play.journey.routes[task.atom or ""]
        step = play.process.steps.get(route.same_as or "")
        said = not_for(caller, route, task.role, step.performers if step else ())
        assert said is None or asks_more(route)
        refusal = None
        try:
            play.give(ClaimTask(caller, task.n))
        except EngineError as refused:
            refusal = refused.code
        yield said, refusal


@pytest.mark.parametrize("done_by", [Caller("carl", frozenset({"clerk"})), ADMIN])
def test_what_is_said_of_a_task_beforehand_is_the_refusal_of_its_claim(done_by: Caller):
    seen: set[str | None] = set()
    for caller in people():
        play = Play(ATOMS).start()
        play.give(CompleteTask(done_by, 1, {}))
        for said, refusal in said_and_refused(play, caller):
            assert said == refusal, caller
            seen.add(said)
    assert seen == {None, "not_skilled", "kept_for_another", "given_by_hand"}


def test_what_was_escalated_to_a_role_its_members_may_take_if_they_have_the_skills():
    asks = "sla: {target: PT8H, escalations: [{after: PT1H, role: chief, reassign: true}]}"
    seen: set[str | None] = set()
    for caller in people("chief"):
        play = Play(ATOMS.replace("{id: ", f"{{{asks}, id: ")).start()
        play.give(CompleteTask(Caller("ann", frozenset({"clerk"})), 1, {}))
        play.now += timedelta(hours=1)
        play.give(Strike(SYSTEM))
        for said, refusal in said_and_refused(play, caller):
            assert said == refusal, caller
            seen.add(said)
    assert seen == {None, "not_skilled"}
