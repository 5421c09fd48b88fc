"""`wayline load`, `pause` and `unpause`: journey documents to the server, and whether they are started."""

from typing import Annotated, Any

import typer

from cli.case_report import as_json
from cli.check import Files, journeys_of
from cli.client import Client, Refused, connect
from cli.findings import counted, show_findings
from cli.reading import read_document
from cli.terminal import Data, Json, Server, out, print_json
from cli.testing import With, run_cases
from cli.written import Key

Journey = Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's key.")]

_MEDIA = {"yaml": "application/yaml", "json": "application/json"}


def load(
    files: Files,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish it: it can be started, and never changes.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look for findings; keep nothing.")] = False,
    tested: Annotated[
        bool, typer.Option("--test", help="Run the cases beside it first; load it only if there are some and all pass.")
    ] = False,
    others: With = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Load journey documents. The same content again is the same version; a draft may be replaced.

    Example: wayline load seed/journeys/*.yaml --publish --test
    """
    client = connect(server, data)
    answers: list[dict[str, Any]] = []
    refused = False
    for file in journeys_of(files):
        result = run_cases(file, others or (), shown=not json) if tested else None
        if result is not None and not result.passed:
            refused = True
            answers.append({"file": file, "tests": as_json(result)})
            continue
        answer = _load(client, file, publish=publish, dry_run=dry_run, shown=not json)
        refused = refused or "code" in answer
        answers.append({"file": file, **answer})
    if json:
        print_json(answers)
    if refused:
        raise typer.Exit(1)


def pause(journey: Journey, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Stop new starts of a journey, of all its versions; what runs goes on.

    Example: wayline pause leave-approval
    """
    _tell(connect(server, data).post(f"/api/journeys/{journey}/pause", key=key), json)


def unpause(journey: Journey, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Allow new starts of a journey again.

    Example: wayline unpause leave-approval
    """
    _tell(connect(server, data).post(f"/api/journeys/{journey}/unpause", key=key), json)


def _tell(journey: dict[str, Any], json: bool) -> None:
    """Prints whether a journey can be started."""
    if json:
        print_json(journey)
        return
    sentence = "is paused: nobody starts it" if journey["paused"] else "can be started"
    out.print(f"{journey['journey']} {sentence}.", markup=False, soft_wrap=True)


def _load(client: Client, file: str, *, publish: bool, dry_run: bool, shown: bool) -> dict[str, Any]:
    """The version as it was loaded, or the problem of a document with errors."""
    document = read_document(file)
    wanted = {"publish": str(publish).lower(), "dry_run": str(dry_run).lower()}
    try:
        answer = client.post_document("/api/journeys", document.content, _MEDIA[document.media], **wanted)
    except Refused as refusal:
        if "findings" not in refusal.problem:
            raise
        if shown:
            show_findings(file, document.text, refusal.problem["findings"])
            out.print(f"{file}: {counted(refusal.problem['findings'])}", markup=False, soft_wrap=True)
        return dict(refusal.problem)
    if shown:
        show_findings(file, document.text, answer["findings"])
        kept = "nothing kept" if dry_run else answer["status"]
        sizes = f"{answer['atoms']} atoms, {answer['edges']} edges"
        out.print(f"{answer['journey']}@{answer['version']}: {kept}, {sizes}", markup=False, soft_wrap=True)
    return dict(answer)
