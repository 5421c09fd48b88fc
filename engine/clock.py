"""The only reader of the machine's clock and randomness. What runs takes its time from `wayline_now()` instead."""

import time
import uuid
from datetime import UTC, datetime


def now() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds of a clock that never goes back, for measuring."""
    return time.monotonic()


def new_id() -> str:
    """A new UUID whose text sorts by the time it was made (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    tail = uuid.uuid4().int & ((1 << 74) - 1)
    value = (milliseconds << 80) | (0x7 << 76) | ((tail >> 62) << 64) | (0b10 << 62) | (tail & ((1 << 62) - 1))
    return str(uuid.UUID(int=value))
