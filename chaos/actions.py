"""The one action of the campaign's journeys, and the service that it stands for.

The service does its work once for each idempotency key: the receipt follows from the key. It keeps a line of every call
in the file that CHAOS_EFFECTS names, so that `chaos.effects` can tell afterwards what would have been done twice.
"""

import asyncio
import hashlib
import json
import os
from typing import Any, Final

from engine.actions import ActionCall, action

FILE: Final = "CHAOS_EFFECTS"
_SECONDS: Final = 0.1
"""How long the work takes."""


@action("chaos.effect")
async def effect(call: ActionCall) -> dict[str, Any]:
    """Does the work of the step that the input names, and gives the receipt for it."""
    line = call.input | {"key": call.idempotency_key, "attempt": call.attempt, "pid": os.getpid()}
    # One write to the end of a file is whole or absent, whoever else writes there and whoever is killed.
    file = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{json.dumps(line)}\n".encode())
    finally:
        os.close(file)
    await asyncio.sleep(_SECONDS)
    return {"receipt": receipt(call.idempotency_key)}


def receipt(key: str) -> str:
    """What the service answers to this key, however often."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
