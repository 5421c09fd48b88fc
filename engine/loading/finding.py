"""What is wrong with a document, where, and what to do about it (contract: What is refused when a graph is loaded)."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from engine.core.values import escape
from engine.loading.tree import Node, Path, Place

Severity = Literal["error", "warning"]

MOST: Final = 1000
"""Findings that are collected; a document with more gets one last finding that says so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, for the designer who wrote the document.

    Attributes:
        code: stable, one of the contract's table or `sensitive_shown`.
        severity: a document with an `error` makes no journey version.
        message: what is wrong and why, one or two sentences.
        fix: what to write instead.
        atom: the id of the atom it lies in, if any.
        line: from 1, of the key or value the finding is about.
        column: from 1, in characters.
        pointer: the same place as a JSON pointer (RFC 6901); what is missing points to where it would be missed.
        example: for warnings, case data that shows the problem.
    """

    code: str
    severity: Severity
    message: str
    fix: str
    atom: str | None
    line: int | None
    column: int | None
    pointer: str
    example: Any = None


class Enough(Exception):
    """So many findings that looking for more helps nobody."""


class Report:
    """Collects the findings of one document, each with its position.

    Raises:
        Enough: from `error`, when `MOST` findings are in.
    """

    def __init__(self, root: Node | None = None) -> None:
        self.root = root
        self._findings: list[Finding] = []
        self._unreadable: set[str] = set()

    def error(
        self, code: str, path: Path, message: str, fix: str, *, at_key: bool = False, place: Place | None = None
    ) -> None:
        """Adds a finding about the value at `path`; about its key with `at_key`; at `place` where there is no value."""
        at = pointer(path)
        if code == "bad_value" and at in self._unreadable:
            return
        line, column = place or (self.root.place(path, at_key=at_key) if self.root else (None, None))
        self._findings.append(Finding(code, "error", message, fix, self._atom(path), line, column, at))
        if len(self._findings) >= MOST:
            raise Enough

    def warning(
        self, code: str, path: Path, message: str, fix: str, *, at_key: bool = False, example: Any = None
    ) -> None:
        """Adds something that need not be wrong, and refuses nothing; `example` is case data that shows it.

        Those that would make the findings more than `MOST` are left out.
        """
        line, column = self.root.place(path, at_key=at_key) if self.root else (None, None)
        if len(self._findings) < MOST - 1:
            found = Finding(code, "warning", message, fix, self._atom(path), line, column, pointer(path), example)
            self._findings.append(found)

    @property
    def refuses(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity == "error" for finding in self._findings)

    def unreadable(self, path: Path, message: str, fix: str, place: Place) -> None:
        """A scalar that cannot be taken as written; what else would be said about its value is left out."""
        self.error("bad_value", path, message, fix, place=place)
        self._unreadable.add(pointer(path))

    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of the document."""
        found = sorted(self._findings, key=lambda finding: (finding.line or 0, finding.column or 0, finding.pointer))
        if len(found) >= MOST:
            message = f"There are more than {MOST:,} findings; the rest is not listed."
            found.append(Finding("bad_value", "error", message, "Mend these first.", None, None, None, ""))
        return tuple(found)

    def _atom(self, path: Path) -> str | None:
        if self.root is None:
            return None
        for length in range(len(path), 1, -1):
            if path[length - 2] == "atoms" and isinstance(path[length - 1], int):
                value = self.root.value_at((*path[:length], "id"))
                return value if isinstance(value, str) else None
        return None


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{escape(str(part))}" for part in path)
