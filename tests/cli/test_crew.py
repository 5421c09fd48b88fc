"""Who works in the demo: everybody who is there and holds a role of the journeys, no two of a role at the same time."""

import threading
from typing import Any

import pytest

from cli.client import Refused
from cli.crew import SLOW, USUAL, Case, Crew, Member, members_of, shares
from tests.cli.talking import Told


def user(id: str, *roles: str) -> dict[str, Any]:
    return {"id": id, "roles": list(roles)}


USERS = [
    user("ann", "clerk"),
    user("ben", "clerk", "chief"),
    user("cleo", "chief"),
    user("dan", "guest"),
    user("eve", "underwriter"),
]


def staff() -> list[Member]:
    told = Told({"/api/users": {"items": USERS}})
    return members_of(told.client, ["clerk", "chief", "underwriter"], lambda id, roles: told.client)


def test_those_who_hold_a_role_work_and_share_what_it_does_in_one_go():
    found = {member.user: (member.roles, member.most) for member in staff()}
    assert found == {
        "ann": ({"clerk"}, USUAL // 2),
        "ben": ({"clerk", "chief"}, USUAL // 2),
        "cleo": ({"chief"}, USUAL // 2),
        "eve": ({"underwriter"}, SLOW["underwriter"]),
    }


def test_who_shares_a_role_works_after_the_other_and_nobody_is_left_out():
    hands = [{member.user for member in share} for share in shares(staff())]
    assert {"ann", "ben", "cleo"} in hands and {"eve"} in hands
    assert sum(map(len, hands)) == 4


def handed_in(problem: str | None) -> tuple[int, list[Any]]:
    """What became of one task, and what was asked for it."""
    results = {"items": [{"problem": problem and {"code": problem, "detail": "…"}}]}
    told = Told({"/api/tasks/complete": results, "/api/processes/p/documents/credit-report/accept": {}})
    crew = Crew({"p": Case("fha-purchase", "B-1", {}, {"credit_history_accepted": True})}, threading.Event())
    tasks = [
        {"id": f"{process}.1", "process": process, "atom": "atom-bo-credit-analysis", "input": {}} for process in "pq"
    ]
    return crew.hand_in(told.client, tasks), told.asked


def test_what_is_known_is_handed_in_after_its_documents_were_accepted():
    done, asked = handed_in(None)
    assert done == 1
    assert [path for _, path, _ in asked] == ["/api/processes/p/documents/credit-report/accept", "/api/tasks/complete"]
    assert asked[-1][2]["items"] == [{"task_id": "p.1", "output": {"credit_history_accepted": True}, "documents": {}}]


@pytest.mark.parametrize("code", ["process_ended", "invalid_transition", "not_your_task", "task_not_found"])
def test_that_somebody_else_was_quicker_is_no_mistake(code: str):
    assert handed_in(code)[0] == 0


def test_any_other_refusal_is_a_mistake_and_told():
    with pytest.raises(Refused):
        handed_in("output_invalid")
