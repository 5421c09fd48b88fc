"""`wayline incidents`: what a person must look at; trying again, and going on without."""

from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.stories import show_incident
from cli.tables import table
from cli.terminal import Data, Failed, Json, Server, out, print_json, state
from cli.written import Reason, Take

app: Final = typer.Typer(invoke_without_command=True)


@app.callback()
def incidents(
    context: typer.Context,
    process: Annotated[str | None, typer.Option(help="Only those of this process.")] = None,
    status: Annotated[str, typer.Option(help="open or resolved.")] = "open",
    code: Annotated[str | None, typer.Option(help="Only those of this code, such as action_failed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most incidents shown.")] = 20,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List incidents, newest first, each with its cause and what would resolve it; retry or skip them.

    Example: wayline incidents --status open
    """
    if context.invoked_subcommand:
        return
    wanted = {"process": process, "status": status, "code": code, "limit": limit}
    found = connect(server, data).get("/api/incidents", **wanted)["items"]
    if json:
        print_json(found)
        return
    for incident in found:
        show_incident(incident)
    if not found:
        out.print(f"No incident is {status}.", markup=False)


@app.command(
    "retry",
    help="Retry what an incident holds, or all of them, after the cause was removed; as `wayline retry` does.\n\n"
    'Example: wayline incidents retry --all --reason "the service is back"',
)
def retry(
    reason: Reason,
    incident: Annotated[str | None, typer.Argument(metavar="[INCIDENT]", help="The incident's id.")] = None,
    all: Annotated[bool, typer.Option("--all", help="All that are open, or those that the filters leave.")] = False,
    process: Annotated[str | None, typer.Option(help="With --all: only those of this process.")] = None,
    journey: Annotated[str | None, typer.Option(help="With --all: only those of this journey.")] = None,
    atom: Annotated[str | None, typer.Option(help="With --all: only those at this atom.")] = None,
    code: Annotated[str | None, typer.Option(help="With --all: only those of this code.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="With --all: most that are retried.")] = 100,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --all: only list them.")] = False,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Retry what an incident holds, or all of them, after the cause was removed: `wayline change` mends a case's data.

    Example: wayline retry --all --code action_failed --reason "the service is back"
    """
    wanted = {"process": process, "journey": journey, "atom": atom, "code": code}
    filters = {name: value for name, value in wanted.items() if value is not None}
    if (incident is None) != all or (not all and (filters or dry_run)):
        fix = "`wayline incidents` lists them; --dry-run shows what --all would retry."
        raise Failed("Name one incident, or say --all; filters and --dry-run go with --all.", fix, 2)
    client = connect(server, data)
    if incident:
        answer = client.post(f"/api/incidents/{incident}/retry", {"reason": reason})
        print_json(answer) if json else out.print("Retried; the incident is ", state(answer["status"]), sep="")
        return
    body = {"reason": reason, "limit": limit, "dry_run": dry_run, **filters}
    answer = client.post("/api/incidents/retry", body)
    print_json(answer) if json else _show_retried(answer)


@app.command("skip")
def skip(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id.")],
    reason: Reason,
    take: Take = [],  # noqa: B006
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Skip the step that an incident holds, and go on along the edges that --take names.

    Example: wayline incidents skip 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --reason "done on paper" --take atom-review
    """
    answer = connect(server, data).post(f"/api/incidents/{incident}/skip", {"reason": reason, "take": take})
    print_json(answer) if json else out.print("Skipped; the incident is ", state(answer["status"]), sep="")


def _show_retried(answer: dict[str, Any]) -> None:
    title = "Would be retried" if answer["dry_run"] else "Retried"
    table(title, ("incident", "what became of it"), map(_row, answer["items"]), "No open incident matches.")
    if answer["more"]:
        out.print(Text("More match: run it again, or with a higher --limit.", style="dim"))


def _row(result: dict[str, Any]) -> tuple[str, Any]:
    if problem := result["problem"]:
        return result["id"], Text(f"refused, {problem['code']}: {problem['detail']}", style="bold red")
    incident = result["incident"]
    if result["status"] is None:
        return result["id"], f"{incident['atom']}: {incident['message']}"
    return result["id"], state(incident["status"])
