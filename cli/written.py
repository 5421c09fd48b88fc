"""What is written on a command line: objects as JSON or in a file, pairs as name=value, reasons."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.terminal import Failed
from engine.core.values import decode

Reason = Annotated[str, typer.Option(help="Why; it is kept in the history.")]
Set = Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="A name and its value, JSON or a text.")]
Key = Annotated[str | None, typer.Option("--key", help="Idempotency key: sending the same again does nothing twice.")]
Take = Annotated[
    list[str], typer.Option("--take", metavar="ATOM", help="An edge to take all the same, by its target; repeatable.")
]


def read_object(text: str | None, pairs: Sequence[str], option: str) -> dict[str, Any]:
    """The object of `option` (JSON, or `@FILE`, or `@-` for the input) with the pairs of `--set` over it.

    A pair's value is JSON where it reads as such, else the text itself: `--set score=640 --set branch=Austin`.

    Raises:
        Failed: naming what cannot be read.
    """
    found: Any = {}
    if text is not None:
        try:
            found = decode(_content(text))
        except OSError as error:
            raise Failed(f"{option} {text} cannot be read: {error.strerror}.", "", 2) from None
        except ValueError as error:
            fix = f'Write an object, such as {option} \'{{"branch": "Austin"}}\', or {option} @FILE.'
            raise Failed(f"{option} is no JSON: {error}.", fix, 2) from None
    if not isinstance(found, dict):
        raise Failed(f"{option} is no JSON object.", f"Write {option} '{{\"name\": 1}}', or {option} @FILE.", 2)
    return {**found, **{name: read_value(value) for name, value in read_pairs(pairs, "--set")}}


def read_pairs(pairs: Sequence[str], option: str) -> list[tuple[str, str]]:
    """`name=value`, cut at the first `=`; raises Failed for one that has none."""
    cut = [pair.partition("=") for pair in pairs]
    for name, sign, _ in cut:
        if not sign or not name:
            raise Failed(f"{option} {name}".strip() + " is no pair.", f"Write {f'{option} name=value'.strip()}.", 2)
    return [(name, value) for name, _, value in cut]


def _content(text: str) -> str:
    if not text.startswith("@"):
        return text
    return sys.stdin.read() if text == "@-" else Path(text[1:]).read_text("utf-8")


def read_value(text: str) -> Any:
    """The JSON value that a text writes, else the text itself."""
    try:
        return decode(text)
    except ValueError:
        return text
