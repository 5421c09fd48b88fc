"""`wayline notifications`: what one was told; marking it as read."""

from typing import Annotated, Any, Final

import typer

from cli.client import connect
from cli.tables import table
from cli.terminal import Data, Json, Server, many, out, print_json

app: Final = typer.Typer(invoke_without_command=True)


@app.callback()
def notifications(
    context: typer.Context,
    all: Annotated[bool, typer.Option("--all", help="Those that were read, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most notifications shown.")] = 20,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what you were told and have not read, newest first.

    Example: wayline notifications --all
    """
    if context.invoked_subcommand:
        return
    answer = connect(server, data).get("/api/notifications", unread=str(not all).lower(), limit=limit)
    if json:
        print_json(answer)
        return
    columns = ("when", "kind", "what", "task or process", "id")
    table(f"{answer['unread']} unread", columns, map(_row, answer["items"]), "There is nothing.")


@app.command("read")
def read(
    notification: Annotated[str | None, typer.Argument(metavar="[NOTIFICATION]", help="Its id; without, all.")] = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Mark one as read, or all.

    Example: wayline notifications read
    """
    client = connect(server, data)
    if notification:
        answer = client.post(f"/api/notifications/{notification}/read")
        print_json(answer) if json else out.print(answer["text"], markup=False)
        return
    answer = client.post("/api/notifications/read-all")
    print_json(answer) if json else out.print(f"Marked {many(answer['read'], 'notification')} as read.", markup=False)


def _row(item: dict[str, Any]) -> tuple[Any, ...]:
    return item["at"], item["kind"], item["text"], item["task"] or item["process"], item["id"]
