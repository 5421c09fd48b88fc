"""`wayline check`: what is wrong with journey documents, without a server."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.findings import counted, show_findings
from cli.terminal import Failed, Json, out, print_json, say
from engine.loading.load import Media
from engine.loading.load import load as load_document
from engine.loading.tree import MOST_BYTES

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Journey documents, YAML or JSON; `-` is the input.")]


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it lies in a file."""

    file: str
    content: bytes
    media: Media

    @property
    def text(self) -> str:
        """For showing its lines."""
        return self.content.decode("utf-8-sig", "replace")


def check(files: Files, json: Json = False) -> None:
    """Check journey documents and print every finding, as a compiler does. Needs no server.

    Exits with 1 where there are errors. Checking a document twice, or one that is loaded already, changes nothing.

    Example: wayline check seed/journeys/fha-purchase.yaml
    """
    reports = [_report(read_document(file), shown=not json) for file in journeys_of(files)]
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


def read_document(file: str) -> Document:
    """The document in a file, told from its name whether it is JSON.

    Raises:
        Failed: when it cannot be read.
    """
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _bytes(Path(file))
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failed(f"{file} cannot be read: {reason}.", "Name a journey document.", 2) from None
    return Document(file, content, "json" if file.endswith(".json") else "yaml")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _report(document: Document, *, shown: bool) -> dict[str, Any]:
    loaded = load_document(document.content, document.media)
    findings = [asdict(finding) for finding in loaded.findings]
    version = f"{loaded.definition.key}@{loaded.definition.version}" if loaded.definition else None
    if shown:
        show_findings(document.file, document.text, findings)
        about = f"{version}, {len(loaded.definition.atoms)} atoms, " if loaded.definition else ""
        out.print(f"{document.file}: {about}{counted(findings)}", markup=False, soft_wrap=True)
    return {"file": document.file, "ok": loaded.ok, "version": version, "findings": findings}
