"""Small steps that many tests take with the expense journey."""

from decimal import Decimal
from typing import Any

from fastapi import FastAPI

from tests.api.people import Person, person

SMALL = {"who": "Kim", "amount": 20, "limit": 100}
LARGE = {"who": "Kim", "amount": Decimal("250.50"), "limit": 100}


def officer(app: FastAPI, name: str = "u-officer") -> Person:
    """Someone who starts processes and sees those of their own."""
    return person(app, name, ["officer"])


def clerk(app: FastAPI, name: str = "u-clerk") -> Person:
    """Someone who enters receipts."""
    return person(app, name, ["clerk"])


async def started(who: Person, context: dict[str, Any] = SMALL, **more: Any) -> Any:
    """A process that `who` starts."""
    return await who.post("/api/processes", {"journey": "expense", "context": context, **more}, 201)


async def open_task(app: FastAPI, context: dict[str, Any] = SMALL) -> str:
    """The id of the first task of a new process."""
    return (await started(officer(app), context))["open_tasks"][0]


async def held(app: FastAPI) -> tuple[str, str]:
    """The ids of a process whose limit is not known when its receipt is entered, and of its incident."""
    process = await started(officer(app), {"who": "Kim", "amount": 20})
    await clerk(app).post(f"/api/tasks/{process['open_tasks'][0]}/complete", {"output": {"approved": True}})
    found = await officer(app).get(f"/api/processes/{process['id']}")
    return process["id"], found["incidents"][0]
