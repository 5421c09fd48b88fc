"""An action that says when it began and ends only when it is let: for killing a worker in the middle of it."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

from engine.actions import ActionCall, action
from tests.waiting import until

FOLDER = "WAYLINE_TEST_FOLDER"


@action("do.slow")
async def do_slow(call: ActionCall) -> dict[str, Any]:
    """Ends when the file `go` is there."""
    folder = Path(os.environ[FOLDER])
    (folder / f"begun-{os.getpid()}").write_text(call.idempotency_key)
    await until(lambda: asyncio.to_thread((folder / "go").exists))
    return {"done_by": os.getpid()}


@action("do.stuck")
def do_stuck(call: ActionCall) -> dict[str, Any]:
    """The same in a thread, which nothing can stop."""
    folder = Path(os.environ[FOLDER])
    (folder / f"begun-{os.getpid()}").write_text(call.idempotency_key)
    pause = threading.Event()
    while not (folder / "go").exists():
        pause.wait(0.05)
    return {"done_by": os.getpid()}
