"""How cases came out, for people: where a case parts from what it must show, and which rule values decided."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from rich.text import Text

from cli.terminal import lasting, out, plain
from engine.cases.checking import Mismatch, PathLine
from engine.cases.coverage import Coverage
from engine.cases.endings import Ending
from engine.cases.playing import Played
from engine.core.explain_rules import because
from engine.core.journey import Edge
from engine.loading.finding import Finding

_AROUND: Final = 2
"""Atoms of a path that are shown around one that differs."""
_COLOURS: Final = {"=": "dim", "-": "red", "+": "green"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the cases of one document, each with its seconds; with findings there are none."""

    file: str
    version: str | None
    findings: tuple[Finding, ...] = ()
    played: tuple[tuple[Played, float], ...] = ()
    coverage: Coverage | None = None

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return self.coverage is not None and all(played.passed for played, _ in self.played)


def show_result(result: Result) -> None:
    """Prints a document's cases, and what they never went through."""
    out.print(Text.assemble((result.version or "", "bold"), f"  {result.file}"), soft_wrap=True)
    for played, seconds in result.played:
        _show_case(result.file, played, seconds)
    passed, total = sum(played.passed for played, _ in result.played), len(result.played)
    took = lasting(sum(seconds for _, seconds in result.played))
    out.print(f"  {passed} of {total} cases passed in {took}", style="green" if passed == total else "bold red")
    if result.coverage:
        _show_coverage(result.coverage)


def as_json(result: Result) -> dict[str, Any]:
    """The same for programs."""
    return {
        "file": result.file,
        "version": result.version,
        "ok": result.passed,
        "findings": [asdict(finding) for finding in result.findings],
        "cases": [_case_as_json(played, seconds) for played, seconds in result.played],
        "coverage": _coverage_as_json(result.coverage) if result.coverage else None,
    }


def _case_as_json(played: Played, seconds: float) -> dict[str, Any]:
    stop = played.stop
    return {
        "name": played.case.name,
        "line": played.case.line,
        "ok": played.passed,
        "milliseconds": round(seconds * 1000, 1),
        "stop": {"message": stop.message, "fix": stop.fix, "line": stop.line} if stop else None,
        "mismatches": [asdict(mismatch) for mismatch in played.mismatches],
    }


def _coverage_as_json(coverage: Coverage) -> dict[str, Any]:
    never = [
        {"from": edge.source, "to": edge.target, "on": edge.on, "rework": edge.rework, "rule": edge.rule_id}
        for edge in coverage.never_taken
    ]
    return {
        "edges": coverage.edges,
        "atoms": coverage.atoms,
        "never_taken": never,
        "never_reached": list(coverage.never_reached),
    }


def _show_case(file: str, played: Played, seconds: float) -> None:
    sign, style = ("✓", "green") if played.passed else ("✗", "bold red")
    place = "" if played.passed else f"  {file}:{played.case.line}"
    line = Text.assemble((f"  {sign} ", style), played.case.name, (f"  {lasting(seconds)}{place}", "dim"))
    out.print(line, soft_wrap=True)
    if played.stop:
        where = f" (line {played.stop.line})" if played.stop.line else ""
        out.print(Text.assemble(f"      {played.stop.message}", (where, "dim")), soft_wrap=True)
        if played.stop.fix:
            out.print(Text.assemble(("      fix: ", "bold"), played.stop.fix), soft_wrap=True)
    for mismatch in played.mismatches:
        for shown in _mismatch(mismatch):
            out.print(shown, soft_wrap=True)
    decided = [told for mismatch in played.mismatches for ending in mismatch.decided for told in _decided(ending)]
    for number, told in enumerate(dict.fromkeys(decided)):
        out.print(Text.assemble(("      decided: " if number == 0 else " " * 15, "bold"), told), soft_wrap=True)


def _mismatch(mismatch: Mismatch) -> Iterator[Text]:
    where = (f" (line {mismatch.line})", "dim") if mismatch.line else ""
    if mismatch.path:
        yield Text.assemble(("      path", "bold"), " differs: - expected, + happened", where)
        yield from _path(mismatch.path, mismatch.happened)
    else:
        expected, happened = _value(mismatch.expected), _value(mismatch.happened)
        by = f", written by {mismatch.writer}" if mismatch.writer else ""
        told = f": expected {expected}, but it is {happened}{by}"
        yield Text.assemble((f"      {mismatch.what}", "bold"), told, where)
        yield from _held(mismatch)


def _held(mismatch: Mismatch) -> Iterator[Text]:
    for number, held in enumerate(mismatch.held):
        yield Text.assemble(("      waits for: " if number == 0 else " " * 17, "bold"), held)


def _path(lines: Sequence[PathLine], happened: Sequence[str]) -> Iterator[Text]:
    """The lines that differ with some around them; where only expected ones are missing, what came instead."""
    near = {
        other
        for number, line in enumerate(lines)
        if line.sign != "="
        for other in range(number - _AROUND, number + _AROUND + 1)
    }
    left_out = False
    for number, line in enumerate(lines):
        if number in near:
            came = f"   {happened[line.at]} came" if line.sign == "-" and line.at < len(happened) else ""
            yield Text.assemble(
                (f"        {line.sign if line.sign != '=' else ' '} {line.atom}", _COLOURS[line.sign]), came
            )
        elif not left_out:
            yield Text("          …", style="dim")
        left_out = number not in near


def _decided(ending: Ending) -> Iterator[str]:
    """One line for each edge that a rule decided, and for what was taken without one."""
    visit = "" if ending.visit == 1 else f" (visit {ending.visit})"
    how = "" if ending.how == "done" else f" ended with {ending.how}"
    for edge in ending.edges:
        if edge.trace is not None:
            yield f"{ending.atom}{visit}{how} {'→' if edge.taken else '✗'} {edge.to}: {because(edge.trace)}"
        elif edge.taken:
            yield f"{ending.atom}{visit}{how} → {edge.to}"


def _show_coverage(coverage: Coverage) -> None:
    edges, atoms = len(coverage.never_taken), len(coverage.never_reached)
    if coverage.full:
        out.print(f"  coverage: all {coverage.edges} edges, all {coverage.atoms} atoms", style="green")
        return
    out.print(
        f"  coverage: {coverage.edges - edges} of {coverage.edges} edges, "
        f"{coverage.atoms - atoms} of {coverage.atoms} atoms",
        style="yellow",
    )
    for edge in coverage.never_taken:
        out.print(Text.assemble(("    never taken: ", "bold"), _edge(edge)), soft_wrap=True)
    for atom in coverage.never_reached:
        out.print(Text.assemble(("    never reached: ", "bold"), atom), soft_wrap=True)


def _edge(edge: Edge) -> str:
    about = [f"on {edge.on}"] if edge.on != "done" else []
    about += ["rework"] if edge.rework else []
    about += ["otherwise"] if edge.otherwise else []
    if edge.ruled:
        about.append(edge.rule_id or f"rule {plain(edge.logic)}")
    return f"{edge.source} → {edge.target}" + (f" ({', '.join(about)})" if about else "")


def _value(value: Any) -> str:
    match value:
        case None:
            return "not there"
        case str():
            return f"`{value}`"
        case [] | ():
            return "nothing"
        case list() | tuple():
            return ", ".join(_value(one) for one in cast("Sequence[Any]", value))
        case Mapping() if not value:
            return "nothing"
        case _:
            return plain(value)
