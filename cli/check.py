"""`wayline check`: what is wrong with journey documents, without a server."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.calendars import known_calendars
from cli.findings import counted, show_findings
from cli.reading import Document, read_document
from cli.terminal import Json, out, print_json, say
from engine.loading.load import Loaded
from engine.loading.load import load as load_document

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Journey documents, YAML or JSON; `-` is the input.")]
CalendarFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--calendars",
        metavar="FILE",
        help="Calendars, beside the sample ones and `calendars.yaml` beside the document; repeatable.",
    ),
]


def check(files: Files, calendars: CalendarFiles = None, json: Json = False) -> None:
    """Check journey documents and print every finding, as a compiler does. Needs no server.

    Exits with 1 where there are errors. With --calendars a calendar that is in no file is one of them; without, it is
    told that nothing is known of it here, as a server may have it.

    Example: wayline check seed/journeys/fha-purchase.yaml
    """
    reports = [_report(read_document(file), calendars, shown=not json) for file in journeys_of(files)]
    if json:
        print_json(reports)
    if any(not report["ok"] for report in reports):
        raise typer.Exit(1)


def journeys_of(files: Iterable[str]) -> list[str]:
    """The files that hold journeys; those that hold cases are passed over, with a word."""
    cases = [file for file in files if Path(file).stem.endswith(".cases")]
    for file in cases:
        say(f"{file} holds cases: `wayline test` runs them.")
    return [file for file in files if file not in cases]


def _report(document: Document, calendars: Sequence[str] | None, *, shown: bool) -> dict[str, Any]:
    loaded, unchecked = _loaded(document, calendars)
    findings = [asdict(finding) for finding in loaded.findings]
    version = f"{loaded.definition.key}@{loaded.definition.version}" if loaded.definition else None
    if shown:
        show_findings(document.file, document.text, findings)
        about = f"{version}, {len(loaded.definition.atoms)} atoms, " if loaded.definition else ""
        out.print(f"{document.file}: {about}{counted(findings)}", markup=False, soft_wrap=True)
    if unchecked:
        names = ", ".join(unchecked)
        say(f"{document.file} counts in {names}, of which nothing is known here: name its file with --calendars.")
    return {
        "file": document.file,
        "ok": loaded.ok,
        "version": version,
        "findings": findings,
        "unchecked_calendars": unchecked,
    }


def _loaded(document: Document, calendars: Sequence[str] | None) -> tuple[Loaded, list[str]]:
    """The document, checked against the calendars that are known; and those it names that a server may know."""
    loaded = load_document(document.content, document.media)
    if not loaded.calendars:
        return loaded, []
    known = known_calendars(Path(document.file), calendars or ())
    if calendars is not None:
        return load_document(document.content, document.media, calendars=known), []
    return loaded, [name for name in loaded.calendars if name not in known]
