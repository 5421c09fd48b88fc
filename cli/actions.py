"""`wayline actions`: how much of each action waits and runs; pausing one, and limiting how much of it runs at once."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.tables import table
from cli.terminal import Data, Json, Server, many, out, print_json
from cli.written import Key

app: Final = typer.Typer(
    help="See, pause and limit single actions, over all workers; `wayline workers` is about everything at once.",
    no_args_is_help=True,
)

Action = Annotated[str, typer.Argument(metavar="ACTION", help="The action's name, such as credit.pull.")]
Why = Annotated[str | None, typer.Option(help="Why; it is kept with who said so and when.")]


@app.command("list")
def list_actions(server: Server = None, data: Data = None, json: Json = False) -> None:
    """List the actions that have work, a pause or a limit.

    Example: wayline actions list
    """
    items = list(connect(server, data).pages("/api/actions"))
    if json:
        print_json(items)
        return
    rows = [
        (one["action"], one["waiting"], one["oldest_due_at"], one["running"], one["limit"], _paused(one))
        for one in items
    ]
    columns = ("action", "#waiting", "oldest due", "#running", "#limit", "paused")
    table("Actions", columns, rows, "No action has work, a pause or a limit.")


@app.command()
def pause(
    action: Action,
    reason: Annotated[str, typer.Option(help="Why; it is shown to whoever asks what holds a case.")],
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let an action rest: no worker is given work of it, outside ones neither. Attempts under way go on.

    Cases wait at its steps, and nothing fails or is lost. It holds over restarts, until `wayline actions resume`.

    Example: wayline actions pause credit.pull --reason "the bureau is down"
    """
    _tell(connect(server, data).post(f"/api/actions/{action}/pause", {"reason": reason}, key=key), json)


@app.command()
def resume(
    action: Action, reason: Why = None, key: Key = None, server: Server = None, data: Data = None, json: Json = False
) -> None:
    """Give out work of an action again, the longest due first.

    Example: wayline actions resume credit.pull
    """
    _tell(connect(server, data).post(f"/api/actions/{action}/resume", {"reason": reason}, key=key), json)


@app.command()
def limit(
    action: Action,
    most: Annotated[int | None, typer.Argument(metavar="[MOST]", min=1, help="Attempts at once, at most.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the limit away.")] = False,
    reason: Why = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say how many attempts of an action run at once, over all workers: as many as its service can bear.

    Example: wayline actions limit credit.pull 4
    """
    if (most is None) != none:
        raise typer.BadParameter("Say how many, or --none to take the limit away.")
    _tell(connect(server, data).post(f"/api/actions/{action}/limit", {"limit": most, "reason": reason}, key=key), json)


def _tell(action: Mapping[str, Any], json: bool) -> None:
    if json:
        print_json(action)
        return
    state = _paused(action) or Text("not paused", style="green")
    most = f", at most {action['limit']} at once" if action["limit"] else ""
    out.print(Text.assemble((action["action"], "bold"), ": ", state, most, "."), soft_wrap=True)
    counts = f"{many(action['waiting'], 'attempt')} due, {action['running']} under way"
    if not action["waiting"] and not action["running"]:
        counts = "nothing of this name is due or under way now"
    out.print(Text(f"  {counts}.", style="dim"), soft_wrap=True)


def _paused(action: Mapping[str, Any]) -> Text | None:
    pause = action["paused"]
    if pause is None:
        return None
    since = pause["since"][:19].replace("T", " ")
    return Text.assemble(("paused", "bold yellow"), f" since {since} by {pause['by']}: {pause['reason']}")
