"""The only reader of the machine's clock and randomness. What runs takes its time from `wayline_now()` instead."""

import os
import time
from datetime import UTC, datetime
from typing import Final


def now() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds of a clock that never goes back, for measuring."""
    return time.monotonic()


def new_id() -> str:
    """A new UUID whose text sorts by the time it was made (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10)) & _TAIL
    digits = f"{milliseconds << 80 | _VERSION_AND_VARIANT | tail:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_VERSION_AND_VARIANT: Final = 0x7 << 76 | 0b10 << 62
_TAIL: Final = (1 << 76) - 1 & ~(0b11 << 62)
"""The bits that are drawn: all below the version but those of the variant."""
