"""What is read of processes and kept for them, between JSON or rows and the engine's values."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from engine.core.events import Event, read_fact
from engine.core.process import Lease, Process
from engine.core.values import decode
from engine.ports import Key, Remembered

_decoder: Final = msgspec.json.Decoder(Process, float_hook=Decimal)


class _Remembered(msgspec.Struct):
    caller: str
    key: str
    fingerprint: str
    status: int
    body: str


_remembered: Final = msgspec.json.Decoder(list[_Remembered])
_leases: Final = msgspec.json.Decoder(dict[int, Lease])


def read_marking(text: str) -> Process:
    """The process that the view `markings` gives as JSON text; numbers of the context keep their digits."""
    return _decoder.decode(text)


def read_leases(text: str | None) -> Mapping[int, Lease]:
    """The leases of a process's tasks by their numbers, as `look` gives them."""
    return _leases.decode(text) if text else {}


def read_remembered(text: str | None) -> Iterator[Remembered]:
    """The answers kept for idempotency keys, as `look` gives them."""
    for row in _remembered.decode(text) if text else ():
        yield Remembered(Key(row.caller, row.key, row.fingerprint), row.status, row.body.encode())


def read_event(row: Mapping[str, Any]) -> Event:
    """The event of a row of `process_events`, its payload as text."""
    columns = {name: row[name] for name in ("atom", "visit", "task")}
    fact = read_fact(row["type"], decode(row["payload"]) | columns)
    return Event(row["process_id"], row["seq"], row["at"], row["actor"], fact)
