"""An action that says when it began and ends only when it is let: for killing a worker in the middle of it."""

import asyncio
import os
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
