"""`wayline calendars`: working calendars on a server, and what they come to."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import Client, connect
from cli.findings import counted, show_findings
from cli.reading import read_document
from cli.tables import table
from cli.terminal import Data, Failed, Json, Server, out, print_json
from cli.written import Key
from engine.core.calendars import Calendar

if TYPE_CHECKING:
    from engine.calendars.reading import CalendarDocument

SAMPLES: Final = Path(__file__).resolve().parent.parent / "seed" / "calendars.yaml"
_BESIDE: Final = "calendars.yaml"

app: Final = typer.Typer(
    help="Working hours, holidays and time zones: what `{working: P1D}` of a journey is counted in.",
    no_args_is_help=True,
)

Files = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]", help="Documents of calendars; the sample ones if none is named.")
]
Id = Annotated[str, typer.Argument(metavar="CALENDAR", help="The calendar's id, such as us-lending.")]
From = Annotated[str, typer.Argument(metavar="FROM", help="A moment, such as 2026-01-02T15:00:00Z.")]


@app.command()
def load(files: Files = None, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Load calendars: new ones are made, others replaced. Timers that are set stay where they are.

    Example: wayline calendars load seed/calendars.yaml
    """
    answers = put_calendars(connect(server, data), files or [str(SAMPLES)], key)
    if json:
        print_json(answers)
        return
    for answer in answers:
        out.print(f"{answer['id']}: {answer['name']}, {answer['zone']}", markup=False, soft_wrap=True)


def put_calendars(client: Client, files: Iterable[str], key: str | None = None) -> list[Any]:
    """Makes or replaces the calendars of these files; gives what the server keeps of each."""
    documents = _documents(files)
    keys = [f"{key}/{document.id}" if key else None for document in documents]
    return [
        client.put(f"/api/calendars/{document.id}", document.content, key=own)
        for document, own in zip(documents, keys, strict=True)
    ]


@app.command("list")
def list_calendars(server: Server = None, data: Data = None, json: Json = False) -> None:
    """List the calendars, with the journeys that count in them.

    Example: wayline calendars list
    """
    items = list(connect(server, data).pages("/api/calendars"))
    if json:
        print_json(items)
        return
    rows = [(one["id"], one["name"], one["zone"], ", ".join(one["used_by"])) for one in items]
    table("Calendars", ("calendar", "name", "zone", "used by"), rows, "There are no calendars.")


@app.command()
def add(
    calendar: Id,
    start: From,
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="P1D is one business day, PT8H are eight hours.")],
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say when so much working time has passed.

    Example: wayline calendars add us-lending 2026-01-02T20:00:00Z P1D
    """
    client = connect(server, data)
    answer = client.get(f"/api/calendars/{calendar}/add", **{"from": start, "duration": duration})
    if json:
        print_json(answer)
        return
    out.print(Text.assemble((answer["end"], "bold"), f"; the clock shows {answer['clock']} there."), soft_wrap=True)


@app.command()
def between(
    calendar: Id,
    start: From,
    end: Annotated[str, typer.Argument(metavar="TO", help="Another moment.")],
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say how much working time lies between two moments.

    Example: wayline calendars between us-lending 2026-01-02T20:00:00Z 2026-01-05T20:00:00Z
    """
    answer = connect(server, data).get(f"/api/calendars/{calendar}/between", **{"from": start, "to": end})
    if json:
        print_json(answer)
        return
    out.print(Text.assemble((f"{answer['seconds']} s", "bold"), " of working time."), soft_wrap=True)


def known_calendars(journey: Path, files: Iterable[str]) -> Mapping[str, Calendar]:
    """What a journey document can count in without a server: the sample calendars, those beside it, those of `files`.

    Raises:
        Failed: when one of the documents cannot be read.
    """
    beside = journey.with_name(_BESIDE)
    named = [str(SAMPLES), *([str(beside)] if beside.is_file() else []), *files]
    return {document.id: document.calendar for document in _documents(named)}


def _documents(files: Iterable[str]) -> "list[CalendarDocument]":
    from engine.calendars.reading import read_calendars

    found: list[CalendarDocument] = []
    for file in files:
        document = read_document(file)
        read = read_calendars(document.content, document.media)
        if not read.calendars:
            findings = [asdict(finding) for finding in read.findings]
            show_findings(file, document.text, findings)
            raise Failed(f"{file}: {counted(findings)}.", "Correct it; nothing of it was taken.")
        found += read.calendars
    return found
