"""A process of its own that does one part of the work, for the tests to kill.

`python -m tests.system.worker_process actions|projector-before|projector-after` on the databases of the environment.
"""

import asyncio
import os
import signal
import sys
from typing import Any

from engine.bootstrap import open_engine
from engine.ports import Batch, Cursor
from engine.settings import read_settings
from graph.projection import LiveGraph


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(part: str) -> None:
    """Works until it is killed."""
    applied = LiveGraph.apply

    async def dying(self: LiveGraph, batch: Batch, after: Cursor | None) -> bool:
        if part == "projector-before":
            _die()
        await applied(self, batch, after)
        _die()
        return True

    if part.startswith("projector"):
        patched: Any = LiveGraph
        patched.apply = dying
    async with open_engine(read_settings(), workers=True):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
