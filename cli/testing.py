"""`wayline test`: the example cases beside journey documents, run in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Annotated, Final

import typer

from cli.calendars import known_calendars
from cli.case_report import Result, as_json, show_result
from cli.check import CalendarFiles
from cli.findings import counted, show_findings
from cli.reading import Document, read_document
from cli.terminal import Failed, Json, out, print_json
from engine.cases.coverage import coverage_of
from engine.cases.playing import Played, play
from engine.cases.reading import read_suite
from engine.cases.versions import Halves, Versions, put_together
from engine.core.calendars import Calendar
from engine.loading.calls import NotPublished
from engine.loading.finding import Finding
from engine.loading.load import load as load_document

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_MARK: Final = ".cases"

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE", help="Journey documents with cases beside them, or cases: `leave.cases.yaml`."),
]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="FILE", help="A journey that is called, if it does not lie beside; repeatable."),
]


def run_tests(
    files: Files,
    others: With = None,
    calendars: CalendarFiles = None,
    require_coverage: Annotated[
        bool, typer.Option("--require-coverage", help="Fail where an edge is never taken or an atom never reached.")
    ] = False,
    json: Json = False,
) -> None:
    """Run the example cases of journeys, in memory: each in milliseconds, without a server.

    The cases of `leave.yaml` are `leave.cases.yaml` beside it. Exits with 1 where a case fails.

    Example: wayline test seed/journeys/*.cases.yaml --require-coverage
    """
    results = [
        run_cases(file, others or (), calendars or (), shown=not json)
        for file in dict.fromkeys(map(_document_of, files))
    ]
    if json:
        print_json([as_json(result) for result in results])
    full = all(result.coverage is not None and result.coverage.full for result in results)
    if not all(result.passed for result in results) or (require_coverage and not full):
        raise typer.Exit(1)


def run_cases(file: str, others: Sequence[str], calendars: Sequence[str] = (), *, shown: bool) -> Result:
    """Runs the cases beside the journey document `file`; the journeys it calls are `others`, or lie beside it.

    Its working time is counted in the sample calendars, those of a `calendars.yaml` beside it, and of `calendars`.

    Raises:
        Failed: when there are no cases, or a journey that is called is not there.
    """
    cases = _beside(file, _MARK)
    if cases is None:
        path = Path(file)
        raise Failed(f"{file} has no cases.", f"Write them into {path.with_name(path.stem + _MARK + path.suffix)}.", 2)
    document, written = read_document(file), read_document(cases)
    loaded = load_document(document.content, document.media)
    known: Mapping[str, Calendar] = {}
    if loaded.calendars or loaded.calls:
        known = known_calendars(Path(file), calendars)
        loaded = load_document(document.content, document.media, calendars=known)
    if loaded.definition is None or loaded.routes is None:
        return _found(document, None, loaded.findings, shown=shown)
    versions = _versions(file, (loaded.definition, loaded.routes), loaded.calls, others, known)
    read = read_suite(written.content, written.media, versions.journey, versions.called)
    if read.suite is None:
        return _found(written, versions.journey.ref, read.findings, shown=shown)
    played: list[tuple[Played, float]] = []
    for case in read.suite.cases:
        began = perf_counter()
        played.append((play(case, versions), perf_counter() - began))
    histories = [
        history for one, _ in played for journey, history in one.histories if journey.ref == versions.journey.ref
    ]
    result = Result(cases, versions.journey.ref, (), tuple(played), coverage_of(versions.journey, histories))
    if shown:
        show_result(result)
    return result


def _found(document: Document, version: str | None, findings: tuple[Finding, ...], *, shown: bool) -> Result:
    """A document that cannot be run because of what was found in it."""
    if shown:
        found = [asdict(finding) for finding in findings]
        show_findings(document.file, document.text, found)
        out.print(f"{document.file}: {counted(found)}", markup=False, soft_wrap=True)
    return Result(document.file, version, findings)


def _versions(
    file: str, tested: Halves, calls: Sequence[str], others: Sequence[str], calendars: Mapping[str, Calendar]
) -> Versions:
    """The version tested with those it calls. Documents beside it are only read where something is called."""
    given = [_halves(other) for other in others]
    beside = [halves for path in _neighbours(Path(file)) if (halves := _halves(path))] if calls else []
    try:
        return put_together(tested, [halves for halves in (*beside, *given) if halves], calendars)
    except NotPublished as missing:
        sentence = str(missing).removesuffix("of which no version is published")
        raise Failed(f"{file}: {sentence}which is not here.", "Name its document: --with FILE.", 2) from None


def _halves(file: str) -> Halves | None:
    """A version that may be called; None where the document has errors, or is none of a journey."""
    document = read_document(file)
    loaded = load_document(document.content, document.media)
    return (loaded.definition, loaded.routes) if loaded.definition and loaded.routes else None


def _neighbours(path: Path) -> Iterator[str]:
    for other in sorted(path.parent.iterdir()):
        if other != path and other.suffix in _SUFFIXES and not other.stem.endswith(_MARK):
            yield str(other)


def _document_of(file: str) -> str:
    """The journey document that a file of cases lies beside; a document is itself."""
    path = Path(file)
    if not path.stem.endswith(_MARK):
        return file
    found = _beside(str(path.with_name(path.stem.removesuffix(_MARK) + path.suffix)), "")
    if found is None:
        raise Failed(f"There is no journey document beside {file}.", "Name the file of cases after its document.", 2)
    return found


def _beside(file: str, mark: str) -> str | None:
    """The file of the same name with `mark`, in any of the formats; that of the same format first."""
    path = Path(file)
    suffixes = dict.fromkeys((path.suffix, *_SUFFIXES))
    candidates = (path.with_name(f"{path.stem}{mark}{suffix}") for suffix in suffixes)
    return next((str(candidate) for candidate in candidates if candidate.is_file()), None)
