"""The floor over HTTP, as a server of its own: a FastAPI route that groups the smallest durable change.

`python -m bench.floor_api` reads the database's URL from its input, prints `{"url": …}` and serves until SIGTERM, by
the same uvicorn as the engine's API.
"""

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

import msgspec
import uvicorn
from fastapi import FastAPI, Header
from pydantic import BaseModel

from api.server import run, settle, uvicorn_config
from bench.floor import Floor, Grouping
from cli.listening import listen, url_of


class Given(BaseModel):
    """What a completion hands in."""

    output: dict[str, Any]


def create_app(database: str) -> FastAPI:
    """The app on a database that `floor.prepare` has been at."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            app.state.grouping = Grouping(await Floor.open(stack, database, 1))
            settle()
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.post("/floor/{process}")
    async def change(process: int, body: Given, idempotency_key: Annotated[str, Header()]) -> dict[str, int]:
        await app.state.grouping((process, idempotency_key, msgspec.json.encode(body.output).decode()))
        return {"process": process}

    return app


def main() -> None:
    """Serves on a free port of this machine."""
    listening = listen("127.0.0.1", 0)
    print(json.dumps({"url": url_of(listening)}), flush=True)
    run(uvicorn.Server(uvicorn_config(create_app(sys.stdin.readline().strip()))).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
