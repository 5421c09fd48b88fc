"""Tables for people that fit the width there is and never cut or break a word, ids least of all.

What does not fit beside each other stands on further, indented lines of the same row, its header alike. No line ends in
blanks, so that a table in a file or a mail stays what it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast

from rich.console import Console
from rich.text import Text

from cli import terminal
from cli.terminal import NOTHING, lasting, plain
from engine import clock
from engine.core.times import TimeError, parse_time
from engine.core.values import encode

_GAP: Final = 2
_INDENT: Final = 2
_LONG: Final = 40
"""Characters from which on a text wants half of a line; a shorter one may be wrapped down to `_NARROW`."""
_NARROW: Final = 16


@dataclass(frozen=True, slots=True)
class _Column:
    """A column with its cells; `least` is the width at which it still reads well, `most` the one it could use."""

    head: Text
    cells: Sequence[Text]
    right: bool
    least: int
    most: int


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Prints rows under a title; `empty` is the sentence where there are none. A column named `#…` is of numbers."""
    out = terminal.out
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        out.print(Text.assemble((title, "bold"), "\n", (empty, "dim")), soft_wrap=True)
        return
    out.print(Text(title, style="bold"), soft_wrap=True)
    made = [_column(name, [row[place] for row in cells], out.width) for place, name in enumerate(columns)]
    bands = list(_bands(made, out.width))
    for number in range(-1, len(cells)):
        for place, band in enumerate(bands):
            for line in _lines(band, number, _INDENT if place else 0, out):
                out.print(line, soft_wrap=True)


def cell(value: Any) -> Text:
    """A value as it stands in a table; a time as how long ago it was."""
    match value:
        case Text():
            return value
        case None:
            return Text(NOTHING, style="dim")
        case bool():
            return Text("yes" if value else "no")
        case Decimal():
            return Text(plain(value))
        case list() | tuple():
            return cell(", ".join(map(_inner, cast("Sequence[Any]", value))) or None)
        case Mapping():
            return Text(encode(value).decode())
        case _:
            return Text(ago(value) if terminal.TIME.fullmatch(str(value)) else str(value))


def ago(at: str) -> str:
    """A time as people say it: `12 min ago`, `in 3.0 d`; what is no time of the calendar stays as it is."""
    try:
        away = clock.now() - parse_time(at)
    except TimeError:
        return at
    return f"{lasting(away.total_seconds())} ago" if away >= timedelta() else f"in {lasting(-away.total_seconds())}"


def _inner(value: Any) -> str:
    return value if isinstance(value, str) else plain(value)


def _column(name: str, cells: Sequence[Text], width: int) -> _Column:
    head = Text(name.removeprefix("#").replace("_", " "), style="dim")
    most = max(line.cell_len for text in (head, *cells) for line in text.split("\n"))
    word = max(Text(word).cell_len for text in (head, *cells) for word in text.plain.split() or [""])
    wanted = width // 2 if most > _LONG else _NARROW
    return _Column(head, cells, name.startswith("#"), max(word, min(most, wanted)), most)


def _bands(columns: Sequence[_Column], width: int) -> Iterator[list[tuple[_Column, int]]]:
    """The columns that stand beside each other, each with its width; all of them in one band where that fits."""
    rest = list(columns)
    room = width
    while rest:
        band = [rest.pop(0)]
        while rest and sum(one.least + _GAP for one in band) + rest[0].least <= room:
            band.append(rest.pop(0))
        spare = max(0, room - sum(one.least for one in band) - _GAP * (len(band) - 1))
        widths: list[tuple[_Column, int]] = []
        for one in band:
            more = min(spare, one.most - one.least)
            spare -= more
            widths.append((one, one.least + more))
        yield widths
        room = width - _INDENT


def _lines(band: Sequence[tuple[_Column, int]], number: int, indent: int, console: Console) -> Iterator[Text]:
    """One row of a band, or with -1 its header, as lines of the screen."""
    wrapped = [
        (column, width, (column.cells[number] if number >= 0 else column.head).wrap(console, width, overflow="fold"))
        for column, width in band
    ]
    for place in range(max(len(lines) for _, _, lines in wrapped)):
        line = Text(" " * indent)
        for column, width, lines in wrapped:
            part = lines[place].copy() if place < len(lines) else Text()
            part.rstrip()
            blank = " " * max(0, width - part.cell_len)
            line.append_text(Text.assemble(blank, part) if column.right else Text.assemble(part, blank))
            line.append(" " * _GAP)
        line.rstrip()
        yield line
