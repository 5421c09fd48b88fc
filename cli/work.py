"""`wayline work`: the workers of this engine; and outside work claimed and handed in, for trying it out."""

from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.cases import show_completed
from cli.client import connect
from cli.parts import run_workers
from cli.tables import table
from cli.terminal import Data, Json, Server, out, print_json, state
from cli.up import Actions
from cli.written import Key, Set, read_object

app: Final = typer.Typer(invoke_without_command=True)

Work = Annotated[str, typer.Argument(metavar="WORK", help="The id of claimed work.")]
Token = Annotated[int | None, typer.Option(help="The token it was claimed with; without, it must be yours.")]


@app.callback()
def work(context: typer.Context, actions: Actions = None, json: Json = False) -> None:
    """Run the workers alone: system atoms, timers, the projection to Neo4j, and what looks after them.

    As many as you like may run side by side. Work of one that is stopped is another's at once; of one that dies, when
    its lease has run out.
    With a command, do by hand what an outside worker does.

    Example: wayline work --actions seed.actions
    """
    if not context.invoked_subcommand:
        run_workers(actions, json)


@app.command()
def claim(
    actions: Annotated[list[str], typer.Argument(metavar="ACTION…", help="The actions you can do.")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most pieces of work.")] = 1,
    lease: Annotated[str, typer.Option(metavar="DURATION", help="For how long it is yours; at most P30D.")] = "PT10M",
    wait: Annotated[str, typer.Option(metavar="DURATION", help="How long to wait for some; at most PT1M.")] = "PT0S",
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take work of system atoms, as an outside worker does.

    Example: wayline work claim credit.pull --wait PT30S
    """
    body = {"actions": actions, "limit": limit, "lease": lease, "wait": wait}
    answer = connect(server, data).post("/api/work/claim", body, key=key)
    if json:
        print_json(answer)
        return
    rows = [(one["id"], one["action"], one["atom"], one["input"], one["deadline"]) for one in answer["items"]]
    table("Work", ("work", "action", "atom", "input", "until"), rows, "Nothing is due for these actions.")
    for action in answer["paused"]:
        out.print(f"{action} is paused; `wayline actions list` says why.", markup=False, soft_wrap=True)


@app.command()
def complete(
    work: Work,
    output: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="What the action gave.")] = None,
    set: Set = [],  # noqa: B006
    token: Token = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Hand in what the action gave.

    Example: wayline work complete 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.2 --set credit_score=640
    """
    body = {"output": read_object(output, set, "--output"), **_fenced(token)}
    answer = connect(server, data).post(f"/api/work/{work}/complete", body, key=key)
    print_json(answer) if json else show_completed(answer)


@app.command()
def fail(
    work: Work,
    error: Annotated[str, typer.Option(help="What went wrong, in one sentence.")],
    useless: Annotated[bool, typer.Option("--useless", help="Trying again is useless.")] = False,
    token: Token = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say that the attempt failed; it is tried again by the atom's policy.

    Example: wayline work fail 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.2 --error "the bureau does not answer"
    """
    body = {"error": error, "retryable": not useless, **_fenced(token)}
    answer = connect(server, data).post(f"/api/work/{work}/fail", body, key=key)
    if json:
        print_json(answer)
        return
    out.print(Text.assemble((answer["name"], "bold"), f"  {answer['id']} is ", state(answer["status"])))


def _fenced(token: int | None) -> dict[str, Any]:
    return {} if token is None else {"token": token}
