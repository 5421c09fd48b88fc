"""`wayline incidents` and `wayline retry`: what a person must look at."""

from typing import Annotated

import typer

from cli.client import connect
from cli.stories import show_incident
from cli.terminal import Data, Json, Server, out, print_json, state


def incidents(
    process: Annotated[str | None, typer.Option(help="Only those of this process.")] = None,
    status: Annotated[str, typer.Option(help="open or resolved.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most incidents shown.")] = 20,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List incidents, newest first, each with its cause and what would resolve it.

    Example: wayline incidents --status open
    """
    found = connect(server, data).get("/api/incidents", process=process, status=status, limit=limit)["items"]
    if json:
        print_json(found)
        return
    for incident in found:
        show_incident(incident)
    if not found:
        out.print(f"No incident is {status}.", markup=False)


def retry(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept in the history.")],
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Retry what an incident holds, after its cause was removed.

    Example: wayline retry 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --reason "the service is back"
    """
    answer = connect(server, data).post(f"/api/incidents/{incident}/retry", {"reason": reason})
    if json:
        print_json(answer)
        return
    out.print("Retried; the incident is ", state(answer["status"]), sep="")
