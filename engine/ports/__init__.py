"""What the services and workers need of the databases, as Protocols. `engine.bootstrap` joins them with the adapters.

Writes go through `Store` and `Versions`, which have fakes in `tests/fakes`; pages of lists go through `Reads`, which
is kept apart as it only ever reads. Every method may raise `Unavailable` when its database is away.
"""

from engine.ports.graph import Batch, Cursor, GraphAnswer, GraphStore, Outbox, Projection
from engine.ports.queues import Claimed, Clock, CommandQueue, TimerQueue, WorkQueue
from engine.ports.reads import ChildRow, IncidentFilter, ProcessFilter, ProcessRow, Reads, TaskFilter
from engine.ports.running import (
    NOTHING_TAKEN_UP,
    Address,
    Commit,
    Key,
    Locked,
    Message,
    Messages,
    Pending,
    Remembered,
    Store,
    TakenUp,
    Transaction,
    Waiting,
)
from engine.ports.versions import JourneyRecord, Version, Versions

__all__ = [
    "NOTHING_TAKEN_UP",
    "Address",
    "Batch",
    "ChildRow",
    "Claimed",
    "Clock",
    "CommandQueue",
    "Commit",
    "Cursor",
    "GraphAnswer",
    "GraphStore",
    "IncidentFilter",
    "JourneyRecord",
    "Key",
    "Locked",
    "Message",
    "Messages",
    "Outbox",
    "Pending",
    "ProcessFilter",
    "ProcessRow",
    "Projection",
    "Reads",
    "Remembered",
    "Store",
    "TakenUp",
    "TaskFilter",
    "TimerQueue",
    "Transaction",
    "Version",
    "Versions",
    "Waiting",
    "WorkQueue",
]
