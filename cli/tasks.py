"""`wayline task`: a task claimed, failed, blocked, or added off the graph; `cli.sharing` hands it over."""

from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.terminal import Data, Json, Server, out, print_json, state
from cli.written import Key, Reason

app: Final = typer.Typer(help="Do something with one task.", no_args_is_help=True)

Task = Annotated[str, typer.Argument(metavar="TASK", help="The task's id.")]


@app.command()
def claim(task: Task, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Take a task of your role.

    Example: wayline task claim 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/claim", key=key), json)


@app.command()
def fail(
    task: Task, reason: Reason, key: Key = None, server: Server = None, data: Data = None, json: Json = False
) -> None:
    """Say that a task cannot be done: its step goes on along its error edges, or is held by an incident.

    Example: wayline task fail 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --reason "the borrower does not answer"
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/fail", {"reason": reason}, key=key), json)


@app.command()
def block(
    task: Task, reason: Reason, key: Key = None, server: Server = None, data: Data = None, json: Json = False
) -> None:
    """Say that a task cannot go on for now.

    Example: wayline task block 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --reason "waits for the deed"
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/block", {"reason": reason}, key=key), json)


@app.command()
def unblock(task: Task, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Say that a blocked task can go on from where it was.

    Example: wayline task unblock 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/unblock", key=key), json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What is to be done.")],
    role: Annotated[str, typer.Option(help="Who may do it.")],
    process: Annotated[str | None, typer.Option(help="The case it belongs to; without, it is one of its own.")] = None,
    description: Annotated[str | None, typer.Option(help="More about it.")] = None,
    due: Annotated[str | None, typer.Option(metavar="TIME", help="Until when.")] = None,
    optional: Annotated[bool, typer.Option("--optional", help="It does not keep its process open.")] = False,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Add a task off the graph.

    Example: wayline task add "Call the borrower back" --role loan-officer
    """
    wanted = {"process": process, "description": description, "due": due}
    body = {"name": name, "role": role, "optional": optional}
    body |= {option: value for option, value in wanted.items() if value is not None}
    tell(connect(server, data).post("/api/tasks", body, key=key), json)


def tell(task: dict[str, Any], json: bool) -> None:
    """Prints the task as the command left it."""
    if json:
        print_json(task)
        return
    whose = f", of {task['assignee']}" if task["assignee"] else ""
    out.print(Text.assemble((task["name"], "bold"), f"  {task['id']} is ", state(task["status"]), whose))
