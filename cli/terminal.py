"""What the terminal shows: tables for people, JSON for programs, and one way to end with an error.

Answers go to standard output; progress and errors go to standard error, so that `--json` can be piped.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.core.values import encode

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for programs.")]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help="Folder of the private servers. [WAYLINE_DATA_DIR, else .wayline]"),
]
Server = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="Where the API is. [WAYLINE_SERVER, else the one that runs on DIR]"),
]

_WIDTH_OF_A_FILE: Final = 140
"""Characters of a line where the output is no terminal: a log of continuous integration, a page."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

out: Final = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
err: Final = Console(stderr=True, highlight=False, soft_wrap=True)


class Failed(Exception):
    """Ends the command with `sentence` (and what to do, `fix`) on standard error and a status that is not 0."""

    def __init__(self, sentence: str, fix: str = "", status: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fix = fix
        self.status = status


def tell(failed: Failed) -> int:
    """Prints why a command ends; gives its exit status."""
    err.print(Text.assemble(("error: ", "bold red"), failed.sentence))
    if failed.fix:
        err.print(Text.assemble(("  fix: ", "bold"), failed.fix))
    return failed.status


def say(text: str) -> None:
    """Prints a line of progress."""
    err.print(Text(text, style="dim"))


def print_json(value: Any) -> None:
    """Prints a value as one line of JSON, its numbers exact."""
    sys.stdout.write(encode(value).decode() + "\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Prints rows under a title; `empty` is the sentence where there are none. A column named `#…` is of numbers."""
    shown = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        name = column.removeprefix("#")
        shown.add_column(name.replace("_", " "), overflow="fold", justify="left" if name == column else "right")
    for row in rows:
        shown.add_row(*(cell(value) for value in row))
    if shown.row_count:
        out.print(shown)
    else:
        out.print(Text.assemble((title, "bold"), "\n", (empty, "dim")))


def cell(value: Any) -> Text:
    """A value as it stands in a table."""
    match value:
        case Text():
            return value
        case None:
            return Text("–", style="dim")
        case bool():
            return Text("yes" if value else "no")
        case Decimal():
            return Text(plain(value))
        case float():
            return Text(f"{value:.1f}")
        case Mapping() | list() | tuple():
            return Text(encode(value).decode())
        case str() if _TIME.fullmatch(value):
            return Text(value[:19].replace("T", " "))
        case _:
            return Text(str(value))


def plain(value: Any) -> str:
    """A value inside a sentence: numbers without exponent, the rest as JSON."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return encode(value).decode()


def lasting(seconds: Any) -> str:
    """A number of seconds as people say it: `45 ms`, `3.2 s`, `12 min`, `4 h`, `2 d`."""
    if seconds is None:
        return "–"
    length = float(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if length >= size:
            return f"{length / size:.{0 if length >= 10 * size else 1}f} {unit}"
    return f"{length:.1f} s" if length >= 1 else f"{length * 1000:.0f} ms"


STYLES: Final[Mapping[str, str]] = {
    "completed": "green",
    "active": "bold blue",
    "running": "bold blue",
    "waiting": "yellow",
    "pending": "yellow",
    "skipped": "dim",
    "cancelled": "dim",
    "failed": "bold red",
    "open": "bold red",
}


def state(name: str | None) -> Text:
    """The state of a process, step, task or incident, in its colour."""
    return Text(name, style=STYLES.get(name, "")) if name else cell(None)
