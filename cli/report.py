"""What the demo shows: one case's path, who did what, the roles' queues, where work waits, and what holds one case."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final

from rich.text import Text

from cli.client import Client
from cli.crew import Case
from cli.explaining import show_holders
from cli.path import Passage, path_of
from cli.second_review import CASE
from cli.stories import show_path, show_process
from cli.tables import table
from cli.terminal import lasting, out
from engine import clock
from engine.core.times import parse_time

_ROWS: Final = 8
_BUSIEST: Final = 10
_GIVEN: Final[Mapping[str, str]] = {
    "round_robin": "round robin",
    "load_balanced": "least load",
    "skill_based": "best skilled",
    "same_as": "kept with the person",
    "substitute": "stands in for who is away",
    "reassign": "given by a manager",
    "escalate": "escalated",
}
"""How a task comes to somebody who does not just take it, in words."""
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
    done: Mapping[str, int]
    people: Sequence[Mapping[str, Any]]
    assignments: Sequence[Mapping[str, Any]]

    @property
    def tasks_done(self) -> int:
        """How many tasks people did."""
        return sum(self.done.values())

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def make_report(client: Client, started: Mapping[str, Case], done: Mapping[str, int]) -> Report:
    """Asks the API for all of it; `done` is how many tasks each of the people did."""
    chosen = _telling_case(client, started)
    held = _held_process(client)
    return Report(
        counts=client.get("/api/processes/stats/summary"),
        case=client.get(f"/api/processes/{chosen}"),
        path=path_of(client.pages(f"/api/processes/{chosen}/history")),
        roles=client.get("/api/graph/questions/role_load", limit=_ROWS),
        bottlenecks=client.get("/api/graph/questions/bottlenecks", limit=_ROWS),
        held=client.get(f"/api/processes/{held}/explain") if held else None,
        done=dict(done),
        people=list(client.pages("/api/users", active="true")),
        assignments=client.get("/api/tasks/stats/assignment")["items"],
    )


def show_report(report: Report) -> None:
    """Prints it for people."""
    section("One case, and the rule values that decided its path")
    show_process(report.case)
    show_path(report.path)
    section("Who did what")
    show_people(report)
    section("The queue of each role")
    show_roles(report.roles)
    section("The bottlenecks, from Cypher")
    show_bottlenecks(report.bottlenecks)
    if report.held:
        section("Why one case is not moving")
        show_holders(report.held)


def show_people(report: Report) -> None:
    """Prints who did most, who was away, and how work came to people who did not just take it."""
    busiest = sorted(report.people, key=lambda user: (-report.done.get(user["id"], 0), user["id"]))[:_BUSIEST]
    away = [user for user in report.people if user["away"] and user not in busiest]
    rows = [
        (user["id"], user["roles"], user["teams"], report.done.get(user["id"], 0), _away(user["away"]))
        for user in (*busiest, *away)
    ]
    table("Who did how many tasks?", ("who", "roles", "team", "#done", "away"), rows, "Nobody did anything.")
    given = [
        (one["role"], _GIVEN[one["method"]], one["assignments"], one["completed"], lasting(one["complete_p50_seconds"]))
        for one in report.assignments
        if one["method"] in _GIVEN
    ]
    columns = ("role", "how", "#tasks", "#done", "#median")
    table("How did work come to people, where they did not just take it?", columns, given, "They took all of it.")


def _away(absence: Mapping[str, Any] | None) -> str | None:
    if absence is None:
        return None
    return f"{absence['substitute']} stands in" if absence["substitute"] else "nobody stands in"


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
    """The process whose path is shown: one that has ended and that a rule decided, where there is one.

    Else the one that was led to its second review: it has come a long way.
    """
    ended = client.get("/api/processes", journey="fha-purchase", status="completed", limit=200)["items"]
    by_key = {process["business_key"]: process["id"] for process in ended}
    led = (process for process, case in started.items() if case.business_key == CASE)
    told = (by_key[key] for key in _TELLING if key in by_key)
    return next(chain(told, by_key.values(), led, started))


def _held_process(client: Client) -> str | None:
    """A process with an open incident, else one that runs."""
    incidents = client.get("/api/incidents", status="open", limit=1)["items"]
    if incidents:
        return str(incidents[0]["process"])
    running = client.get("/api/processes", status="running", limit=1)["items"]
    return str(running[0]["id"]) if running else None


def _since(at: Any) -> str:
    return lasting(max(0.0, (clock.now() - parse_time(at)).total_seconds())) if at else "–"


def section(text: str) -> None:
    """Prints the heading of what follows."""
    out.print()
    out.rule(Text(text, style="bold"), align="left", style="dim")
