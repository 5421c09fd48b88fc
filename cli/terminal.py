"""What the terminal shows: text for people, JSON for programs, and one way to end with an error.

Answers go to standard output; progress and errors go to standard error, so that `--json` can be piped.
"""

import os
import re
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

import typer
from rich.console import Console
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
"""Characters of a line where the output is no terminal and COLUMNS says nothing: a log, a page."""

NOTHING: Final = "–"
"""What stands for a value that is not there."""
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

out: Final = Console(
    highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_A_FILE
)
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


def plain(value: Any) -> str:
    """A value inside a sentence: numbers without exponent, the rest as JSON."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return encode(value).decode()


def many(count: int, thing: str) -> str:
    """A number of things: `1 atom`, `2 atoms`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def lasting(seconds: Any) -> str:
    """A number of seconds as people say it: `45 ms`, `3.2 s`, `12 min`, `4 h`, `2 d`."""
    if seconds is None:
        return NOTHING
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
    "accepted": "green",
    "received": "bold blue",
    "missing": "yellow",
    "refused": "bold red",
    "failed": "bold red",
    "open": "bold red",
}


def state(name: str | None) -> Text:
    """The state of a process, step, task or incident, in its colour."""
    return Text(name, style=STYLES.get(name, "")) if name else Text(NOTHING, style="dim")
