"""The marking of a process and its events, between their rows and the engine's values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from engine.core.events import Event, read_fact
from engine.core.process import Lease, Process
from engine.core.values import decode

_decoder: Final = msgspec.json.Decoder(Process, float_hook=Decimal)
_leases: Final = msgspec.json.Decoder(dict[int, Lease])


def read_marking(text: str) -> Process:
    """The process that the view `markings` gives as JSON text; numbers of the context keep their digits."""
    return _decoder.decode(text)


def read_leases(text: str | None) -> Mapping[int, Lease]:
    """The leases of a process's tasks by their numbers, as `look` gives them."""
    return _leases.decode(text) if text else {}


def read_event(row: Mapping[str, Any]) -> Event:
    """The event of a row of `process_events`, its payload as text."""
    columns = {name: row[name] for name in ("atom", "visit", "task")}
    fact = read_fact(row["type"], decode(row["payload"]) | columns)
    return Event(row["process_id"], row["seq"], row["at"], row["actor"], fact)
