"""`wayline message`: what waiting steps are told."""

from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import connect
from cli.terminal import Data, Json, Server, out, print_json
from cli.written import Key, Set, read_object, read_value


def message(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The message's name, as the waiting atom has it.")],
    to: Annotated[str | None, typer.Option("--to", metavar="KEY", help="The key it carries, JSON or a text.")] = None,
    body: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="What it says.")] = None,
    set: Set = [],  # noqa: B006
    id: Annotated[str | None, typer.Option(help="The message's own id: the same id twice is one message.")] = None,
    ttl: Annotated[str, typer.Option(metavar="DURATION", help="How long it is kept for a step to come.")] = "PT1H",
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Send a message to the step that has waited longest for it; with none it is kept for a while.

    Example: wayline message deed-recorded --to B-1021 --set book=117
    """
    given: dict[str, Any] = {"name": name, "body": read_object(body, set, "--body"), "ttl": ttl}
    given |= {"key": read_value(to)} if to is not None else {}
    given |= {"id": id} if id is not None else {}
    answer = connect(server, data).post("/api/messages", given, key=key)
    if json:
        print_json(answer)
    elif answer["status"] == "kept":
        out.print(Text.assemble("Nobody waits for it: kept until ", (answer["kept_until"], "bold")))
    else:
        verb = "goes to" if answer["status"] == "delivered" else "waits for the resumption of"
        out.print(Text.assemble(f"It {verb} ", (answer["atom"], "bold"), f" of {answer['process']}."), soft_wrap=True)
