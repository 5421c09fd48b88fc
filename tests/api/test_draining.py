"""The door of a server that is being stopped."""

import asyncio
from typing import Any

import httpx

from api.draining import Draining


class Slow:
    """An app that answers when it is let."""

    def __init__(self) -> None:
        self.inside, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.inside.set()
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


def caller(door: Draining) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=door), base_url="http://wayline")


async def test_who_is_inside_is_served_and_who_comes_is_refused():
    app = Slow()
    door = Draining(app)
    async with caller(door) as client, asyncio.timeout(30):
        inside = asyncio.create_task(client.post("/api/processes"))
        await app.inside.wait()
        closing = asyncio.create_task(door.refuse(30))
        await asyncio.wait({closing}, timeout=0.01)
        for path in ("/api/processes", "/health/ready"):
            refused = await client.get(path)
            assert (refused.status_code, refused.headers["Connection"]) == (503, "close")
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert int(refused.headers["Retry-After"]) > 0
        assert not closing.done()
        app.go_on.set()
        assert (await inside).text == "done"
        assert await closing == 0


async def test_the_process_still_says_that_it_is_alive():
    app = Slow()
    app.go_on.set()
    door = Draining(app)
    assert await door.refuse(30) == 0
    async with caller(door) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200


async def test_who_does_not_leave_in_time_is_counted():
    app = Slow()
    door = Draining(app)
    async with caller(door) as client:
        inside = asyncio.create_task(client.get("/"))
        await app.inside.wait()
        assert await door.refuse(0.01) == 1
        app.go_on.set()
        await inside
