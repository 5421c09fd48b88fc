"""What the engine's processes logged: a database that is away is told in a line, an exception is a mistake of ours."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from chaos.invariants import Finding


def unexpected(files: Iterable[Path]) -> Iterator[Finding]:
    """Every traceback that a process logged, the first of its kind in each file."""
    for file in files:
        seen: set[tuple[str, str]] = set()
        for line in _lines(file):
            last = str(line["exception"]).strip().rpartition("\n")[2]
            if (line["event"], last) not in seen:
                seen.add((line["event"], last))
                yield Finding(
                    "nothing unexpected", f"{file.name} at {line.get('timestamp')}", f"{line['event']}: {last}"
                )


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """The lines that tell of an exception; others than JSON are what a program prints for people."""
    for text in file.read_text("utf-8", errors="replace").splitlines():
        with suppress(ValueError):
            line = msgspec.json.decode(text, type=dict[str, Any])
            if "exception" in line and line.get("level") in {"error", "critical"}:
                yield line
