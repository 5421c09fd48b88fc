"""What the demo shows of time: working hours go by for what nobody looks into, and what became late by that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from rich.text import Text

from cli.client import Client
from cli.tables import table
from cli.terminal import lasting, out
from engine import clock
from engine.core.times import parse_time

_JOURNEY: Final = "fha-purchase"
_URGENT: Final = "atom-bo-fraud-review"
"""Has the shortest target of all that is usually open."""
_PAST: Final = timedelta(minutes=1)
_LEVELS: Final = 12
_LATE: Final = 5
_OF: Final = ("process", "phase", "module", "step", "task")


@dataclass(frozen=True, slots=True)
class Lateness:
    """What the API says `now`, after the time: how levels were kept, what is late, and who was told of each."""

    now: str
    levels: Sequence[Mapping[str, Any]]
    late: Sequence[Mapping[str, Any]]
    told: Mapping[str, Sequence[Mapping[str, Any]]]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def pass_time(client: Client) -> datetime | None:
    """Moves the clock past the targets of the most urgent tasks that wait; None where nothing does."""
    goal = max(_targets(client, _URGENT), default=None) or min(_targets(client, None), default=None)
    if goal is None:
        return None
    seconds = ceil((goal + _PAST - clock.now()).total_seconds())
    moved = client.post("/api/sandbox/clock", {"advance": f"PT{seconds}S", "at_once": True})
    return parse_time(moved["now"])


def _targets(client: Client, atom: str | None) -> list[datetime]:
    """The targets of some tasks that nobody has, of one atom or of any."""
    waiting = client.get("/api/tasks", journey=_JOURNEY, atom=atom, status="pending", limit=200)["items"]
    return [parse_time(target) for task in waiting if (target := task["sla"]["target_at"])]


def make_lateness(client: Client, now: datetime) -> Lateness:
    """Asks the API for all of it."""
    levels = client.get("/api/monitoring/sla-compliance", journey=_JOURNEY, limit=200)["items"]
    late = client.get("/api/workflow/breaches", journey=_JOURNEY, open="true", limit=_LATE)["items"]
    told = {breach["id"]: _told(client, breach) for breach in late if breach["of"] == "task"}
    return Lateness(now.isoformat(), sorted(levels, key=_order)[:_LEVELS], late, told)


def show_lateness(lateness: Lateness) -> None:
    """Prints it for people."""
    columns = ("service level", "of", "#met", "#late", "#kept", "#median", "#open at risk", "#open late")
    table("How are service levels kept?", columns, map(_level, lateness.levels), "There are none.")
    rows = (_late(breach, lateness.told.get(breach["id"], ())) for breach in lateness.late)
    late = ("case", "late", "target (UTC)", "whose now", "who was told")
    table("What is late, and who was told?", late, rows, "Nothing is late.")
    ahead = (parse_time(lateness.now) - clock.now()).total_seconds()
    out.print(Text(f"The clock of this server stays {lasting(max(ahead, 0))} ahead.", style="dim"), soft_wrap=True)


def _told(client: Client, breach: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The escalations of a task, from the history of its process."""
    events = client.pages(f"/api/processes/{breach['process']}/history")
    return [one["payload"] for one in events if one["type"] == "task.escalated" and one["task"] == breach["id"]]


def _order(level: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is late first, then what is at risk, then the wider before the narrower, then what there was most of."""
    late = level["breached"] + level["open_breached"]
    return -late, -level["open_at_risk"], _OF.index(level["of"]), -level["met"], level["level"]


def _level(level: Mapping[str, Any]) -> tuple[Any, ...]:
    kept = None if level["percent"] is None else f"{level['percent']} %"
    counts = (level["met"], level["breached"], kept, lasting(level["p50_seconds"]))
    return (
        level["level"].removeprefix(f"{_JOURNEY}/"),
        level["of"],
        *counts,
        level["open_at_risk"],
        level["open_breached"],
    )


def _late(breach: Mapping[str, Any], told: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    levels = "; ".join(_escalation(fact) for fact in told)
    target = breach["breached_at"][:16].replace("T", " ")
    whose = breach["assignee"] or (f"role {breach['role']}" if breach["role"] else None)
    return breach["process_title"], breach["name"], target, whose, levels


def _escalation(fact: Mapping[str, Any]) -> str:
    """Whom one level was told to, or who got the task by it."""
    if fact["freed"]:
        return f"level {fact['level']}: given to the role {fact['to_role']}"
    if fact["assignee"]:
        return f"level {fact['level']}: given to {fact['assignee']}"
    names = [*([f"the role {fact['to_role']}"] if fact["to_role"] else []), *fact["to_users"]]
    return f"level {fact['level']}: {', '.join(names)}"
