"""Many tasks from hand to hand at once: a person leaves, a role's work goes to somebody else."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.api.cases import clerk, officer, started
from tests.api.journeys import begun, publish
from tests.api.people import Person, answer, person, refused
from tests.api.staff import employ
from tests.api.test_task_life import REPORT

MOVE = "/api/tasks/reassign"
LEAVES: dict[str, Any] = {"from": "u-ann", "to": "u-ben", "reason": "Ann leaves", "preview": False}


def manager(app: FastAPI) -> Person:
    return person(app, "u-manager", ["manager"])


async def anns(app: FastAPI, count: int) -> list[str]:
    """New tasks that u-ann has, in the order of their ids."""
    tasks = [(await started(officer(app)))["open_tasks"][0] for _ in range(count)]
    for task in tasks:
        await clerk(app, "u-ann").post(f"/api/tasks/{task}/claim")
    return sorted(tasks)


async def assignees(who: Person) -> dict[str, str | None]:
    return {task["id"]: task["assignee"] for task in (await who.get("/api/tasks", limit=200))["items"]}


async def test_a_person_leaves_and_one_call_gives_all_their_open_work_to_another(app: FastAPI, expense: str):
    tasks, others = await anns(app, 4), (await started(officer(app)))["open_tasks"]
    await clerk(app, "u-ann").post(f"/api/tasks/{tasks[0]}/start")
    await clerk(app, "u-ann").post(f"/api/tasks/{tasks[1]}/block", {"reason": "waits"})
    done = (await started(officer(app)))["open_tasks"][0]
    await clerk(app, "u-ann").post(f"/api/tasks/{done}/complete", {"output": {"approved": True}})

    preview = await manager(app).post(MOVE, {**LEAVES, "preview": True})
    assert (preview["preview"], preview["matching"], preview["moved"], preview["refused"]) == (True, 4, 4, 0)
    assert preview["by"] == {"role": {"clerk": 4}, "journey": {"expense": 4}}
    assert [item["id"] for item in preview["items"]] == tasks
    assert {item["assignee"] for item in preview["items"]} == {"u-ann"}
    assert set((await assignees(manager(app))).values()) == {"u-ann", None}, "a preview changes nothing"

    moved = await manager(app).post(MOVE, LEAVES)
    assert moved == {**preview, "preview": False}
    found = await assignees(manager(app))
    assert {found[task] for task in tasks} == {"u-ben"}
    assert (found[done], found[others[0]]) == ("u-ann", None)
    assert (await manager(app).get(f"/api/tasks/{tasks[1]}"))["status"] == "blocked"
    history = (await officer(app).get(f"/api/processes/{tasks[0].rpartition('.')[0]}/history"))["items"]
    assert (history[-1]["type"], history[-1]["payload"]["reason"]) == ("task.reassigned", "Ann leaves")


async def test_released_tasks_go_back_to_their_role_and_what_nobody_has_is_left_alone(app: FastAPI, expense: str):
    tasks = await anns(app, 2)
    await started(officer(app))
    wanted = {"from": {"role": "clerk"}, "to": "release", "reason": "reshuffle", "preview": False}
    moved = await manager(app).post(MOVE, wanted)
    assert (moved["matching"], moved["moved"], [item["id"] for item in moved["items"]]) == (2, 2, tasks)
    assert set((await assignees(manager(app))).values()) == {None}
    own = await anns(app, 1)
    mine = {"from": "u-ann", "to": "release", "reason": "I leave", "preview": False}
    assert (await clerk(app, "u-ann").post(MOVE, mine))["items"][0]["id"] == own[0]


async def lent(app: FastAPI) -> str:
    """A task that u-ann has delegated to u-cleo, who works on it."""
    (task,) = await anns(app, 1)
    await clerk(app, "u-ann").post(f"/api/tasks/{task}/delegate", {"assignee": "u-cleo"})
    await clerk(app, "u-cleo").post(f"/api/tasks/{task}/start")
    return task


async def test_who_gets_the_work_of_a_leaver_gets_back_what_they_delegated(app: FastAPI, expense: str):
    task = await lent(app)
    preview = await manager(app).post(MOVE, {**LEAVES, "preview": True})
    assert (preview["matching"], preview["moved"], [item["id"] for item in preview["items"]]) == (1, 1, [task])
    assert (await manager(app).post(MOVE, LEAVES))["moved"] == 1
    found = await manager(app).get(f"/api/tasks/{task}")
    assert (found["status"], found["assignee"], found["delegated_by"]) == ("in_progress", "u-cleo", "u-ben")
    await clerk(app, "u-cleo").post(f"/api/tasks/{task}/return")
    assert (await assignees(manager(app)))[task] == "u-ben"


async def test_what_a_leaver_delegated_belongs_to_who_has_it_where_their_work_is_released(app: FastAPI, expense: str):
    task = await lent(app)
    mine = {"from": "u-ann", "to": "release", "reason": "I leave", "preview": False}
    assert (await clerk(app, "u-ann").post(MOVE, mine))["moved"] == 1
    found = await manager(app).get(f"/api/tasks/{task}")
    assert (found["assignee"], found["delegated_by"]) == ("u-cleo", None)


async def test_who_is_refused_is_listed_with_the_reason_and_takes_no_other_with_it(app: FastAPI, admin: Person):
    await publish(admin, REPORT)
    await employ(admin)
    writes = [(await begun(officer(app), "report"))["open_tasks"][0] for _ in range(2)]
    await clerk(app, "u-ben").post(f"/api/tasks/{writes[0]}/complete", {})
    wanted = {"from": {"role": "clerk", "journey": "report"}, "to": "u-ben", "reason": "all to Ben"}
    preview = await manager(app).post(MOVE, {**wanted, "preview": True})
    run = await manager(app).post(MOVE, {**wanted, "preview": False})
    for found in (preview, run):
        assert (found["matching"], found["moved"], found["refused"]) == (2, 1, 1)
        (refusal,) = found["refusals"]
        assert (refusal["code"], refusal["id"]) == ("four_eyes", writes[0].removesuffix("1") + "2")
        assert "u-ben performed write" in refusal["detail"]
        assert [item["id"] for item in found["items"]] == [writes[1]]


async def test_who_can_be_given_nothing_is_refused_at_once_unless_it_is_forced(
    app: FastAPI, admin: Person, expense: str
):
    await anns(app, 1)
    await employ(admin)
    for name, why in (("u-x", "unknown"), ("u-gone", "inactive"), ("u-out", "absent")):
        problem = refused(await manager(app).send("POST", MOVE, {**LEAVES, "to": name}), 422, "assignee_unfit")
        assert problem["why"] == why
    boss = await manager(app).post(MOVE, {**LEAVES, "to": "u-boss"})
    assert [one["code"] for one in boss["refusals"]] == ["assignee_unfit"]
    refused(await clerk(app).send("POST", MOVE, {**LEAVES, "force": True}), 403, "permission_denied")
    assert (await manager(app).post(MOVE, {**LEAVES, "to": "u-out", "force": True}))["moved"] == 1


async def test_a_manager_moves_the_work_of_their_own_people_and_a_colleague_sees_and_is_refused(
    app: FastAPI, admin: Person, expense: str
):
    tasks = await anns(app, 2)
    await employ(admin)
    colleague = await clerk(app, "u-ben").post(MOVE, LEAVES)
    assert [one["code"] for one in colleague["refusals"]] == ["permission_denied"] * 2
    assert (await person(app, "u-stranger").post(MOVE, LEAVES))["matching"] == 0
    moved = await person(app, "u-lead").post(MOVE, LEAVES)
    assert [item["id"] for item in moved["items"]] == tasks


async def test_what_is_more_than_was_asked_for_is_gone_on_with_by_the_cursor(app: FastAPI, expense: str):
    tasks = await anns(app, 5)
    wanted = {**LEAVES, "preview": True, "limit": 2}
    first = await manager(app).post(MOVE, wanted)
    second = await manager(app).post(MOVE, {**wanted, "cursor": first["next_cursor"]})
    third = await manager(app).post(MOVE, {**wanted, "cursor": second["next_cursor"]})
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == tasks
    assert third["next_cursor"] is None
    assert {page["matching"] for page in (first, second, third)} == {5}
    moved = await manager(app).post(MOVE, {**LEAVES, "limit": 3})
    assert (moved["moved"], bool(moved["next_cursor"])) == (3, True)
    assert (await manager(app).post(MOVE, LEAVES))["moved"] == 2, "sent again it goes on with what is left"


async def test_the_same_key_moves_once_and_gives_the_first_answer_again(app: FastAPI, expense: str):
    await anns(app, 2)
    first = answer(await manager(app).send("POST", MOVE, LEAVES, key="k-1"))
    late = await anns(app, 1)
    assert answer(await manager(app).send("POST", MOVE, LEAVES, key="k-1")) == first
    assert (await assignees(manager(app)))[late[0]] == "u-ann"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"from": {}}, "/from"),
        ({"from": {"journey": "expense"}}, "/from"),
        ({"from": {"user": "u-ann"}}, "/from"),
        ({"to": "u-ann"}, ""),
        ({"limit": 0}, "/limit"),
        ({"reason": ""}, "/reason"),
        ({"preview": "no"}, "/preview"),
    ],
)
async def test_a_move_says_whose_work_goes_to_whom_and_why(app: FastAPI, change: Any, where: str):
    problem = refused(await manager(app).send("POST", MOVE, {**LEAVES, **change}), 422, "request_invalid")
    assert all(error["pointer"].startswith(where) for error in problem["errors"])
    refused(await manager(app).send("POST", MOVE, {**LEAVES, "cursor": "abc"}), 422, "cursor_invalid")
