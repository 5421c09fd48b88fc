"""`wayline questions`: the analysts' library of questions to the graph."""

from decimal import Decimal
from typing import Annotated, Any

import typer

from cli.client import connect
from cli.tables import table
from cli.terminal import Data, Json, Server, err, lasting, print_json
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
    given = dict(read_pairs(param, "--param"))
    answer = client.get(f"/api/graph/questions/{name}", **given)
    if not answer["items"] and "journey" in given:
        client.get(f"/api/journeys/{given['journey']}")  # refused where there is no such journey
    print_json(answer) if json else show_answer(answer)


def show_answer(answer: dict[str, Any]) -> None:
    """Prints the rows of a question: lengths of time and paths as people say them, what is long behind the rest.

    Columns that say nothing in any row are left out.
    """
    rows: list[dict[str, Any]] = answer["items"]
    telling: list[str] = [one for one in answer["columns"] if any(row[one] is not None for row in rows)]
    columns = sorted(telling, key=lambda one: any(isinstance(row[one], list) for row in rows))
    heads = [f"{'#' if _is_of_numbers(rows, one) else ''}{one.removesuffix('_seconds')}" for one in columns]
    table(answer["question"], heads, ([_said(one, row[one]) for one in columns] for row in rows), "Nothing.")


def _is_of_numbers(rows: list[dict[str, Any]], column: str) -> bool:
    found = [row[column] for row in rows if row[column] is not None]
    return bool(found) and all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in found)


def _said(column: str, value: Any) -> Any:
    """The value of a column, by what the library means by its name."""
    if value is None:
        return None
    if column.endswith("_seconds"):
        return lasting(value)
    if column == "share":
        return f"{value * 100:.1f} %"
    return " → ".join(value) if column == "path" else value


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
