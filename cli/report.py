"""What the demo shows at its end: one case's path, the roles' queues, where work waits, and what holds one case."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.text import Text

from cli.client import Client
from cli.explaining import show_holders
from cli.path import Passage, path_of
from cli.people import Case
from cli.stories import show_path, show_process
from cli.tables import table
from cli.terminal import lasting, out
from engine import clock
from engine.core.times import parse_time

_ROWS: Final = 8
_TELLING: Final = ("B-1006", "B-1012", "B-1005")
"""Cases whose path is short and hangs on a rule, the best first."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is shown, as the API gave it."""

    counts: Mapping[str, Any]
    case: Mapping[str, Any]
    path: Sequence[Passage]
    roles: Mapping[str, Any]
    bottlenecks: Mapping[str, Any]
    held: Mapping[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def make_report(client: Client, started: Mapping[str, Case]) -> Report:
    """Asks the API for all of it."""
    chosen = _telling_case(client, started)
    held = _held_process(client)
    return Report(
        counts=client.get("/api/processes/stats/summary"),
        case=client.get(f"/api/processes/{chosen}"),
        path=path_of(client.pages(f"/api/processes/{chosen}/history")),
        roles=client.get("/api/graph/questions/role_load", limit=_ROWS),
        bottlenecks=client.get("/api/graph/questions/bottlenecks", limit=_ROWS),
        held=client.get(f"/api/processes/{held}/explain") if held else None,
    )


def show_report(report: Report) -> None:
    """Prints it for people."""
    _head("One case, and the rule values that decided its path")
    show_process(report.case)
    show_path(report.path)
    _head("The queue of each role")
    show_roles(report.roles)
    _head("The bottlenecks, from Cypher")
    show_bottlenecks(report.bottlenecks)
    if report.held:
        _head("Why one case is not moving")
        show_holders(report.held)


def show_roles(answer: Mapping[str, Any]) -> None:
    """Prints how much waits for each role."""
    rows = [
        (row["journey"], row["role"], row["people"], row["open"], row["performed"], _since(row["oldest_at"]))
        for row in answer["items"]
    ]
    table(
        answer["question"],
        ("journey", "role", "#people at it", "#open", "#done", "#oldest waits"),
        rows,
        "No role has work.",
    )


def show_bottlenecks(answer: Mapping[str, Any]) -> None:
    """Prints where work waits."""
    rows = [
        (
            row["atom"],
            row["role"],
            row["waiting"],
            _since(row["oldest_at"]),
            lasting(row["p50_seconds"]),
            lasting(row["p95_seconds"]),
            row["blocked_downstream"],
        )
        for row in answer["items"]
    ]
    columns = ("atom", "role", "#waiting", "#oldest waits", "#p50", "#p95", "#blocked behind it")
    table(answer["question"], columns, rows, "Work waits nowhere.")


def _telling_case(client: Client, started: Mapping[str, Case]) -> str:
    """The process whose path is shown: one that has ended and that a rule decided, where there is one."""
    ended = client.get("/api/processes", journey="fha-purchase", status="completed", limit=200)["items"]
    by_key = {process["business_key"]: process["id"] for process in ended}
    return next((by_key[key] for key in _TELLING if key in by_key), None) or next(
        iter(by_key.values()), next(iter(started))
    )


def _held_process(client: Client) -> str | None:
    """A process with an open incident, else one that runs."""
    incidents = client.get("/api/incidents", status="open", limit=1)["items"]
    if incidents:
        return str(incidents[0]["process"])
    running = client.get("/api/processes", status="running", limit=1)["items"]
    return str(running[0]["id"]) if running else None


def _since(at: Any) -> str:
    return lasting(max(0.0, (clock.now() - parse_time(at)).total_seconds())) if at else "–"


def _head(text: str) -> None:
    out.print()
    out.rule(Text(text, style="bold"), align="left", style="dim")
