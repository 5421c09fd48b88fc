"""`wayline clock`: the time of a sandbox."""

from typing import Annotated, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.terminal import Data, Json, Server, out, print_json
from cli.written import Key

app: Final = typer.Typer(
    help="The clock of a server that was started with `wayline up --sandbox`.", no_args_is_help=True
)


@app.command()
def advance(
    by: Annotated[str, typer.Argument(metavar="DURATION", help="How far, in ISO 8601: PT1H, P3D.")],
    at_once: Annotated[
        bool, typer.Option("--at-once", help="As if nothing had run meanwhile: what came due is done after it.")
    ] = False,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Move the time on; what comes due on the way happens at its time, before the answer.

    Example: wayline clock advance PT1H
    """
    answer = connect(server, data).post("/api/sandbox/clock", {"advance": by, "at_once": at_once}, key=key)
    if json:
        print_json(answer)
        return
    stops = answer["stops"]
    if at_once:
        out.print(Text.assemble("It is ", (answer["now"], "bold"), "; all that was due by then is done."))
        return
    on_the_way = f"{stops} moment{'' if stops == 1 else 's'} on the way" if stops else "nothing was due on the way"
    out.print(Text.assemble("It is ", (answer["now"], "bold"), f"; {on_the_way}."))
