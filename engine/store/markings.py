"""What is read of processes and kept for them, between JSON or rows and the engine's values."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from engine.core.clocks import Clock
from engine.core.events import Event, read_fact
from engine.core.process import Lease, Process
from engine.core.values import decode
from engine.ports import Key, Remembered
from engine.store.sealing import Keys, covered, text_opened

_decoder: Final = msgspec.json.Decoder(Process, float_hook=Decimal)
_clock: Final = msgspec.json.Decoder(Clock)


class _Remembered(msgspec.Struct):
    caller: str
    key: str
    fingerprint: str
    status: int
    body: str


_remembered: Final = msgspec.json.Decoder(list[_Remembered])
_leases: Final = msgspec.json.Decoder(dict[int, Lease])


def read_marking(text: str) -> Process:
    """The process that the view `markings` gives as JSON text; numbers of the context keep their digits.

    What is sealed in it is covered, unless the text has been `opened`.
    """
    return _decoder.decode(covered(text))


def read_clock(text: str | None) -> Clock | None:
    """The clock of a task or a watch, as its column has it."""
    return _clock.decode(text) if text else None


def read_leases(text: str | None) -> Mapping[int, Lease]:
    """The leases of a process's tasks by their numbers, as `look` gives them."""
    return _leases.decode(text) if text else {}


def read_remembered(text: str | None, keys: Keys | None) -> Iterator[Remembered]:
    """The answers kept for idempotency keys, as `look` gives them; opened."""
    for row in _remembered.decode(text) if text else ():
        key = Key(row.caller, row.key, text_opened(row.fingerprint, keys))
        yield Remembered(key, row.status, text_opened(row.body, keys).encode())


def read_event(row: Mapping[str, Any]) -> Event:
    """The event of a row of `process_events`, its payload as text; what is sealed in it is covered."""
    columns = {name: row[name] for name in ("atom", "visit", "task")}
    fact = read_fact(row["type"], decode(covered(row["payload"])) | columns)
    return Event(row["process_id"], row["seq"], row["at"], row["actor"], fact)
