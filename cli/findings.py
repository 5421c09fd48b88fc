"""Findings as a compiler prints them: the place, the line, a caret under it, and what to write instead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.text import Text

from cli.terminal import out

Found = Mapping[str, Any]
"""A finding as `{code, severity, atom, message, fix, line, column, pointer, example}`."""

_WIDTH: Final = 110
"""Characters of a source line that are shown."""
_COLOURS: Final = {"error": "bold red", "warning": "bold yellow"}


def show_findings(file: str, text: str, findings: Sequence[Found]) -> None:
    """Prints the findings of one document."""
    lines = text.splitlines()
    for finding in findings:
        for line in _finding(file, lines, finding):
            out.print(line, soft_wrap=True)


def counted(findings: Sequence[Found]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    counts = {kind: sum(one["severity"] == kind for one in findings) for kind in ("error", "warning")}
    said = [f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count]
    return ", ".join(said) or "no findings"


def _finding(file: str, lines: Sequence[str], finding: Found) -> Iterator[Text]:
    line, column = finding["line"], finding["column"]
    place = ":".join(str(part) for part in (file, line, column) if part is not None)
    severity = finding["severity"]
    label = (f"{severity}[{finding['code']}]", _COLOURS[severity])
    yield Text.assemble((f"{place}: ", "bold"), label, f": {finding['message']}")
    margin = " " * 6
    if line is not None and 1 <= line <= len(lines):
        shown, before = _window(str(lines[line - 1]), column or 1)
        yield Text.assemble((f"{line:>5} | ", "dim"), shown)
        yield Text.assemble((f"{margin}| ", "dim"), " " * cell_len(before), ("^", _COLOURS[severity]))
    if finding["fix"]:
        yield Text.assemble((f"{margin}= ", "dim"), ("fix: ", "bold"), finding["fix"])
    if finding.get("example") is not None:
        yield Text.assemble((f"{margin}= ", "dim"), ("example: ", "bold"), str(finding["example"]))


def _window(source: str, column: int) -> tuple[str, str]:
    """The part of a line around a column, without tabs and control characters, and what of it stands before."""
    clean = "".join(char if char.isprintable() else " " for char in source)
    start = 0 if column <= _WIDTH else column - _WIDTH // 2
    dots = "…" if start else ""
    shown = dots + clean[start : start + _WIDTH] + ("…" if len(clean) > start + _WIDTH else "")
    return shown, dots + clean[start : column - 1].ljust(column - 1 - start)
