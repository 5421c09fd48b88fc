"""What the services and workers need of the databases, as Protocols. `engine.bootstrap` joins them with the adapters.

Writes go through `Store` and `Versions`, which have fakes in `tests/fakes`; pages of lists go through `Reads`, which
is kept apart as it only ever reads. Every method may raise `Unavailable` when its database is away.
"""

from engine.ports.actions import ActionRecord, Actions
from engine.ports.graph import (
    Batch,
    Cursor,
    EventUnreadable,
    GraphAnswer,
    GraphState,
    GraphStore,
    HeldBack,
    Outbox,
    Projection,
)
from engine.ports.pauses import Backlog, Pause, Pauses
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
    "ActionRecord",
    "Actions",
    "Address",
    "Backlog",
    "Batch",
    "ChildRow",
    "Claimed",
    "Clock",
    "CommandQueue",
    "Commit",
    "Cursor",
    "EventUnreadable",
    "GraphAnswer",
    "GraphState",
    "GraphStore",
    "HeldBack",
    "IncidentFilter",
    "JourneyRecord",
    "Key",
    "Locked",
    "Message",
    "Messages",
    "Outbox",
    "Pause",
    "Pauses",
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
