"""`wayline start`, `tasks` and `complete`: cases and the work on them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import Client, connect
from cli.tables import table
from cli.terminal import Data, Failed, Json, Server, out, print_json, state
from cli.written import Key, Set, read_object

_OPEN: Final = ("pending", "assigned", "in_progress", "blocked")


def start(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY[@VERSION]", help="What to start; the latest version.")],
    context: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="The case data.")] = None,
    set: Set = [],  # noqa: B006
    business_key: Annotated[str | None, typer.Option(help="The case's number in your own books.")] = None,
    at: Annotated[str | None, typer.Option(metavar="PART", help="Only this phase or module.")] = None,
    not_before: Annotated[str | None, typer.Option(metavar="TIME", help="Wait until this time or date.")] = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Start a process.

    \b
    Example: wayline start leave-approval --set employee_id=E-103 \\
      --set leave_type=annual --set first_day=2026-08-03 --set days=15
    """
    name, _, version = journey.partition("@")
    wanted = {"version": version or None, "business_key": business_key, "at": at, "not_before": not_before}
    body = {
        "journey": name,
        "context": read_object(context, set, "--context"),
        **{option: value for option, value in wanted.items() if value is not None},
    }
    process = connect(server, data).post("/api/processes", body, key=key)
    if json:
        print_json(process)
        return
    out.print(Text.assemble((process["id"], "bold"), "  ", state(process["status"]), f"  {process['title']}"))
    for task in process["open_tasks"]:
        out.print(Text.assemble(("task ", "dim"), task))


def tasks(
    role: Annotated[str | None, typer.Option(help="Only those of this role.")] = None,
    process: Annotated[str | None, typer.Option(help="Only those of this process.")] = None,
    status: Annotated[str | None, typer.Option(help="Only those of this status; without it, the open ones.")] = None,
    inbox: Annotated[bool, typer.Option("--inbox", help="Mine and my roles', most urgent first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most tasks shown.")] = 20,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List tasks, newest first.

    Example: wayline tasks --role underwriter --limit 5
    """
    if inbox and (role or process or status):
        raise Failed("--inbox goes with no other filter.", "Leave it out to filter.", 2)
    client = connect(server, data)
    if inbox:
        found = client.get("/api/tasks/inbox", limit=limit)["items"]
    else:
        found = _find(client, (status,) if status else _OPEN, limit, role=role, process=process)
    if not found:
        _refuse_unknown(client, process, role)
    if json:
        print_json(found)
        return
    rows = (
        (task["id"], task["name"], task["process_title"], task["role"], task["assignee"], state(task["status"]))
        for task in found
    )
    table("Tasks", ("task", "name", "case", "role", "assignee", "status"), rows, "No work is open here.")


def complete(
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task's id.")],
    output: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="What the task hands in.")] = None,
    set: Set = [],  # noqa: B006
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Complete a task: hand in its output, and see what that starts.

    Example: wayline complete 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --set manager_approves=true
    """
    body = {"output": read_object(output, set, "--output")}
    answer = connect(server, data).post(f"/api/tasks/{task}/complete", body, key=key)
    print_json(answer) if json else show_completed(answer)


def _find(client: Client, statuses: tuple[str, ...], limit: int, **wanted: str | None) -> list[dict[str, Any]]:
    found = [task for one in statuses for task in client.get("/api/tasks", status=one, limit=limit, **wanted)["items"]]
    return sorted(found, key=lambda task: str(task["created_at"]), reverse=True)[:limit]


def _refuse_unknown(client: Client, process: str | None, role: str | None) -> None:
    """Tells a filter that names nothing from one that finds nothing.

    Raises:
        Failed: there is no such process, or no journey has such a role.
    """
    if process:
        client.get(f"/api/processes/{process}")
    if role and not client.get("/api/tasks", role=role, limit=1)["items"]:
        known = sorted({one for journey in client.pages("/api/journeys") for one in _roles(client, journey)})
        if role not in known:
            there = f"There are: {', '.join(known)}." if known else "No journey is published."
            raise Failed(f"There is no role {role} in any published journey.", there)


def _roles(client: Client, journey: Mapping[str, Any]) -> set[str]:
    """The roles that perform atoms of a journey's latest version."""
    if not journey["latest"]:
        return set()
    graph = client.get(f"/api/journeys/{journey['journey']}/versions/{journey['latest']}/graph")
    return {node["role"] for node in graph["nodes"] if node["role"]}


def show_completed(answer: Mapping[str, Any]) -> None:
    """Prints what completing a task did."""
    process = answer["process"]
    outcome = f" as {process['outcome']}" if process["outcome"] else ""
    ended = Text.assemble((answer["task"]["name"], "bold"), " completed. The process is ", state(process["status"]))
    out.print(ended.append(f"{outcome}."))
    for step in answer["started"]:
        out.print(Text.assemble(("started ", "dim"), step["atom"], f"  task {step['task']}" if step["task"] else ""))
    if answer["skipped"]:
        out.print(Text.assemble(("skipped ", "dim"), ", ".join(answer["skipped"])), soft_wrap=True)
