"""Processes that other processes call: shown at their steps, listed, suspended and cancelled with them (R12, R15)."""

from typing import Any

from fastapi import FastAPI

from tests.api.cases import clerk
from tests.api.conftest import DOCUMENT
from tests.api.journeys import FAMILY, begun, publish, step_of
from tests.api.people import Person, person
from tests.waiting import until


async def family(app: FastAPI) -> tuple[Person, Any, list[Any]]:
    """A process with two children that have started."""
    admin = person(app, "u-admin", ["admin"])
    await publish(admin, DOCUMENT)
    await publish(admin, FAMILY)
    process = await begun(admin, "family")

    async def both() -> bool:
        return len(await children(admin, process)) == 2

    await until(both)
    return admin, process, await children(admin, process)


async def children(who: Person, process: Any) -> list[Any]:
    return (await who.get("/api/processes", parent=process["id"]))["items"][::-1]


async def test_children_stand_at_their_step_and_in_the_list(working: FastAPI):
    admin, process, found = await family(working)
    shown = await admin.get(f"/api/processes/{process['id']}")
    assert sorted(step_of(shown, "expenses")["children"]) == sorted(child["id"] for child in found)
    assert {child["parent"] for child in found} == {process["id"]}
    details = [await admin.get(f"/api/processes/{id}") for id in step_of(shown, "expenses")["children"]]
    assert [child["parent"] for child in details] == [
        {"process": process["id"], "atom": "expenses", "visit": 1, "item_index": index} for index in (0, 1)
    ]
    assert [child["context"]["amount"] for child in details] == [10, 20]
    assert process["parent"] is None


async def test_the_parent_goes_on_when_its_children_have_ended(working: FastAPI):
    admin, process, found = await family(working)
    for child in found:
        (task,) = (await admin.get(f"/api/processes/{child['id']}"))["open_tasks"]
        await clerk(working).post(f"/api/tasks/{task}/complete", {"output": {"approved": True}})

    async def over() -> bool:
        return (await admin.get(f"/api/processes/{process['id']}"))["status"] == "completed"

    await until(over)
    shown = await admin.get(f"/api/processes/{process['id']}", visits="all")
    assert shown["outcome"] == "paid" and len(shown["context"]["paid"]) == 2
    assert len(step_of(shown, "expenses")["children"]) == 2


async def test_children_are_suspended_resumed_and_cancelled_with_their_parent(working: FastAPI):
    admin, process, _ = await family(working)

    async def reach(verb: str, status: str) -> None:
        await admin.post(f"/api/processes/{process['id']}/{verb}", {"reason": verb})

        async def there() -> bool:
            return {child["status"] for child in await children(admin, process)} == {status}

        await until(there)

    await reach("suspend", "suspended")
    await reach("resume", "running")
    await reach("cancel", "cancelled")
    assert (await admin.get(f"/api/processes/{process['id']}"))["status"] == "cancelled"
