"""`wayline questions`: the analysts' library of questions to the graph."""

from typing import Annotated, Any

import typer

from cli.client import connect
from cli.terminal import Data, Json, Server, err, print_json, table
from cli.written import read_pairs


def questions(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The question; without one, the library.")
    ] = None,
    param: Annotated[
        list[str], typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the question.")
    ] = [],  # noqa: B006
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask the graph one of the questions of cypher/analysis, or list them.

    Example: wayline questions bottlenecks --param limit=5
    """
    client = connect(server, data)
    if name is None:
        library = client.get("/api/graph/questions")
        print_json(library) if json else _show_library(library)
        return
    answer = client.get(f"/api/graph/questions/{name}", **dict(read_pairs(param, "--param")))
    print_json(answer) if json else show_answer(answer)


def show_answer(answer: dict[str, Any], columns: tuple[str, ...] = ()) -> None:
    """Prints the rows of a question, all columns or those named."""
    shown = columns or tuple(answer["columns"])
    rows = ([row[column] for column in shown] for row in answer["items"])
    table(answer["question"], shown, rows, "Nothing.")


def _show_library(library: dict[str, Any]) -> None:
    rows = [
        (question["name"], question["question"], ", ".join(_parameter(one) for one in question["parameters"]))
        for question in library["items"]
    ]
    table("Questions to the graph", ("name", "question", "parameters"), rows, "The library is empty.")
    err.print("Ask one with: wayline questions NAME --param name=value", style="dim")


def _parameter(parameter: dict[str, Any]) -> str:
    if parameter["required"]:
        return str(parameter["name"])
    return f"[{parameter['name']}]" if parameter["default"] is None else f"[{parameter['name']}={parameter['default']}]"
