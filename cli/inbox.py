"""`wayline inbox` and `workload`: the work that waits for me, my roles or my team, and who has how much of it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import Client, connect
from cli.tables import ago, table
from cli.terminal import Data, Json, Server, out, print_json, state

_SCOPES: Final = {"mine": "mine", "roles": "my roles'", "team": "my team's", "delegated": "delegated by me"}
_WHY_NOT: Final = {
    "not_skilled": "needs a skill that you do not have",
    "kept_for_another": "is kept for who did the first part",
    "given_by_hand": "is given out by a manager",
}
_COLOURS: Final = {"critical": "bold red", "high": "yellow", "low": "dim"}

Scope = Annotated[
    str | None, typer.Option(metavar="|".join(_SCOPES), help="Whose work; mine and my roles' where it is not said.")
]


def inbox(
    scope: Scope = None,
    sort: Annotated[str, typer.Option(metavar="urgency|due|priority|age", help="What comes first.")] = "urgency",
    query: Annotated[str | None, typer.Option("--q", help="Part of the task's name, case or business key.")] = None,
    role: Annotated[str | None, typer.Option(help="Only of this role.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only of this journey.")] = None,
    atom: Annotated[str | None, typer.Option(help="Only of this atom.")] = None,
    priority: Annotated[str | None, typer.Option(help="Only of this priority.")] = None,
    status: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is past its due date or target.")] = False,
    sla: Annotated[
        str | None, typer.Option(metavar="at_risk|breached", help="Only what stands so against its service level.")
    ] = None,
    blocked: Annotated[bool, typer.Option("--blocked", help="Only what cannot go on.")] = False,
    delegated: Annotated[bool, typer.Option("--delegated", help="Only what somebody delegated.")] = False,
    user: Annotated[str | None, typer.Option(help="Somebody else's, for their manager.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most tasks shown.")] = 20,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show the work that waits, most urgent first, and how much there is in all.

    \b
    Example: wayline inbox --scope team --overdue --sort due
    """
    wanted: dict[str, Any] = {"scope": scope, "q": query, "role": role, "journey": journey, "atom": atom}
    wanted |= {"priority": priority, "status": status, "sla": sla, "user_id": user}
    wanted |= {name: True for name, on in (("overdue", overdue), ("blocked", blocked), ("delegated", delegated)) if on}
    client = connect(server, data)
    page = client.get("/api/tasks/inbox", sort=sort, limit=limit, **wanted)
    if json:
        print_json(page["items"])
        return
    title = f"Inbox of {user}" if user else "Inbox"
    columns = ("task", "name", "case", "priority", "due", "whose", "status")
    table(title, columns, map(_row, page["items"]), "No work waits here.")
    _tell_counts(client, wanted)


def workload(
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most people shown.")] = 50,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show who has how much to do: yourself, the people you manage, or everybody where you may read all tasks.

    Example: wayline workload --limit 10
    """
    people = connect(server, data).get("/api/tasks/stats/workload", limit=limit)["items"]
    if json:
        print_json(people)
        return
    columns = ("user", "name", "#open", "#in progress", "#blocked", "#overdue", "#weight", "#capacity", "absent")
    keys = ("user", "name", "open", "in_progress", "blocked", "overdue", "weight", "capacity")
    rows = ([*(one[key] for key in keys), _until(one["absent_until"])] for one in people)
    table("Workload", columns, rows, "Nobody has anything to do.")


def _until(at: str | None) -> str | None:
    return at and f"{ago(at)} back"


def _row(task: Mapping[str, Any]) -> tuple[Any, ...]:
    status = state(task["status"])
    if why := _WHY_NOT.get(task["not_for_you"]):
        status.append(f"\n{why}", style="dim")
    priority = Text(task["priority"], style=_COLOURS.get(task["priority"], ""))
    return task["id"], task["name"], task["process_title"], priority, _due(task), _whose(task), status


def _due(task: Mapping[str, Any]) -> Text | None:
    """The nearer of its due date and of the target of its service level."""
    sla: Mapping[str, Any] = task.get("sla") or {}
    times = [at for at in (task["due_at"], sla.get("target_at")) if at]
    if not times:
        return None
    text = ago(min(times))
    late, near = text.endswith(" ago"), sla.get("status") == "at_risk"
    return Text(text, style="bold red" if late else "yellow" if near else "")


def _whose(task: Mapping[str, Any]) -> str:
    if task["assignee"] is None:
        return f"any {task['role']}"
    return f"{task['assignee']}, for {task['delegated_by']}" if task["delegated_by"] else task["assignee"]


def _tell_counts(client: Client, wanted: Mapping[str, Any]) -> None:
    """Prints how much there is in each scope that has any."""
    counts = client.get("/api/tasks/inbox/count", **wanted)
    there = [scope for scope in _SCOPES if counts[scope] and counts[scope]["count"]]
    found = [f"{counts[scope]['text']} {_SCOPES[scope]}" for scope in there]
    if found:
        out.print(Text(", ".join(found), style="dim"))
