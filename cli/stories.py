"""`wayline show`: the path a process took, and the rule values that decided it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import connect
from cli.path import Passage, path_of
from cli.tables import table
from cli.terminal import Data, Json, Server, lasting, many, out, print_json, state

Process = Annotated[str, typer.Argument(metavar="PROCESS", help="The process's id.")]


def show(
    process: Process,
    skipped: Annotated[bool, typer.Option("--skipped", help="List the skipped atoms too.")] = False,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show a process: the path it took, the rule values that decided it, and what is open.

    Example: wayline show 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11
    """
    client = connect(server, data)
    found = client.get(f"/api/processes/{process}")
    path = path_of(client.pages(f"/api/processes/{process}/history"))
    incidents = client.get("/api/incidents", process=process, status="open")["items"]
    if json:
        print_json({"process": found, "path": [asdict(passage) for passage in path], "incidents": incidents})
        return
    show_process(found)
    show_path(path, skipped=skipped)
    for incident in incidents:
        show_incident(incident)
    if found["open_tasks"]:
        out.print(Text.assemble(("Open tasks: ", "bold"), ", ".join(found["open_tasks"])), soft_wrap=True)


def show_process(process: Mapping[str, Any]) -> None:
    """Prints the few facts of a process."""
    progress = process["progress"]
    journey = f"{process['journey']}@{process['version']}" if process["journey"] else "no journey"
    outcome = f" as {process['outcome']}" if process["outcome"] else ""
    out.print(
        Text.assemble(
            (process["title"] or process["id"], "bold"),
            f"  {journey}  ",
            state(process["status"]),
            f"{outcome}  {progress['resolved']} of {progress['total']} atoms resolved",
        ),
        soft_wrap=True,
    )


def show_path(path: Sequence[Passage], *, skipped: bool = False) -> None:
    """Prints the steps of a process; the skipped ones as a number, unless they are wanted."""
    shown = [passage for passage in path if skipped or passage.state != "skipped"]
    rows = (
        (f"+{lasting(one.seconds)}", _atom(one), state(one.state), one.by, Text("\n".join(one.decided)))
        for one in shown
    )
    table("Path", ("#when", "atom", "state", "by", "what decided"), rows, "Nothing has happened yet.")
    if left := len(path) - len(shown):
        said = f"{many(left, 'more atom')} {'was' if left == 1 else 'were'} skipped: no path led there"
        out.print(Text(f"{said} (--skipped lists them).", style="dim"), soft_wrap=True)


def show_incident(incident: Mapping[str, Any]) -> None:
    """Prints an incident, what would resolve it, and the commands that do."""
    out.print(
        Text.assemble(
            ("incident ", "bold red"),
            f"{incident['id']} at {incident['atom']}: {incident['code']}. {incident['message']}\n",
            ("     fix: ", "bold"),
            f"{incident['fix']}\n",
            ("      by: ", "bold"),
            ("\n          ".join(mending(incident["id"])), "dim"),
        ),
        soft_wrap=True,
    )


def mending(incident: str) -> tuple[str, str]:
    """The commands that change what an incident complains of, and go on."""
    process = incident.rpartition(".")[0]
    return f"wayline change {process} NAME=VALUE --reason WHY", f"wayline retry {incident} --reason WHY"


def _atom(passage: Passage) -> str:
    return passage.atom if passage.visit == 1 else f"{passage.atom} ({passage.visit})"
