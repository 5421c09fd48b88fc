"""`wayline workers`: the pause of all workers, and what waits for them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.terminal import Data, Json, Server, many, out, print_json
from cli.written import Key

app: Final = typer.Typer(
    help="Pause and resume all workers at once: actions, timers, and what processes post each other.",
    no_args_is_help=True,
)


@app.command()
def status(server: Server = None, data: Data = None, json: Json = False) -> None:
    """Show whether all workers are paused, since when and why, and how much waits for them.

    Example: wayline workers status
    """
    _tell(connect(server, data).get("/api/workers"), json)


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="Why; it is shown to whoever asks what holds a case.")],
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let all workers rest: no action is started, no timer fires. People go on working; actions under way end.

    It holds for every worker on this database, outside ones too, over restarts, until `wayline workers resume`.

    Example: wayline workers pause --reason "the credit bureau charges twice"
    """
    _tell(connect(server, data).post("/api/workers/pause", {"reason": reason}, key=key), json)


@app.command()
def resume(key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Let the workers take up what waits for them: due timers fire, due actions are done.

    After a restore, look first: `wayline workers status` counts what would happen at once.

    Example: wayline workers resume
    """
    _tell(connect(server, data).post("/api/workers/resume", key=key), json)


def _tell(answer: Mapping[str, Any], json: bool) -> None:
    if json:
        print_json(answer)
        return
    if answer["paused"]:
        since = answer["since"][:19].replace("T", " ")
        out.print(Text.assemble(("All workers are paused", "bold yellow"), f" since {since} by {answer['by']}:"))
        out.print(Text(f"  {answer['reason']}"), soft_wrap=True)
    else:
        out.print(Text.assemble("The workers are ", ("not paused", "bold green"), "."))
    backlog = answer["backlog"]
    waiting = [
        many(backlog["work"], "action") + " to do",
        many(backlog["timers"], "timer") + " due",
        many(backlog["commands"], "message") + " between processes",
    ]
    out.print(f"{'Waiting for them' if answer['paused'] else 'Due now'}: {', '.join(waiting)}.")
    if backlog["held"]:
        out.print(f"Still under way: {many(backlog['held'], 'action')}.")
