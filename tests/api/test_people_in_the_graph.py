"""Who is entered over HTTP is found by questions to the graph, and counted when a journey is published."""

from fastapi import FastAPI

from engine.bootstrap import rebuild_graph
from engine.settings import Settings
from tests.api.conftest import DOCUMENT
from tests.api.people import Person, answer, person
from tests.waiting import until

WHO = "/api/graph/questions/who_could_do"


async def enter(admin: Person) -> None:
    """One clerk and one boss."""
    for role in ("clerk", "boss"):
        answer(await admin.send("PUT", f"/api/roles/{role}", {"name": role.title()}), 201)
    answer(await admin.send("PUT", "/api/users/ann", {"name": "Ann", "roles": ["clerk"]}), 201)
    answer(
        await admin.send("PUT", "/api/users/mia", {"name": "Mia", "email": "mia@bank.example", "roles": ["boss"]}), 201
    )


async def test_who_is_entered_is_in_the_graph_a_moment_later_and_stays_when_it_is_rebuilt(
    working: FastAPI, settings: Settings
) -> None:
    admin = person(working, "u-admin", ["admin"])
    await enter(admin)
    answer(await admin.send("POST", "/api/journeys", text=DOCUMENT.encode(), publish="true"), 201)

    async def found() -> list[str]:
        rows = (await admin.get(WHO, atom="review", journey="expense"))["items"]
        return [row["user"] for row in rows if row["eligible"]]

    async def entered() -> bool:
        return await found() == ["mia"]

    await until(entered)
    await rebuild_graph(settings)
    assert await found() == ["mia"]
    answer(await admin.send("PATCH", "/api/users/mia", {"active": False}), 200)

    async def left() -> bool:
        return await found() == []

    await until(left)


async def test_publishing_warns_of_atoms_that_nobody_in_the_organisation_can_perform(admin: Person) -> None:
    async def warned() -> list[str]:
        found = await admin.send("POST", "/api/journeys", text=DOCUMENT.encode(), publish="false", dry_run="true")
        return [one["atom"] for one in answer(found, 200)["findings"] if one["code"] == "understaffed"]

    assert await warned() == [], "nobody was ever entered"
    answer(await admin.send("PUT", "/api/users/eve", {"name": "Eve"}), 201)
    assert await warned() == ["enter", "review"]
    await enter(admin)
    assert await warned() == []
