"""Results: one JSON line for each run, kept in a file, and the table that people look at."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final, Protocol

from rich.table import Table
from rich.text import Text

KEPT: Final = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one bench.

    `ms` are latencies of requests in milliseconds (`p50`, `p95`, `p99`, `worst`), from when they were due in an open
    loop. `ratio` is `per_second` over the median of `floor`'s runs in the same run, on the same database.
    `cpu_us` is what each kind of process used of the processor, in microseconds for each operation: on a machine that
    others use too, it says more than the rate. `memory_mb` is what each kind holds after the run.
    `load_average` is that of the minute before. `bytes_each`: of one of many active processes, in each database.
    `noted_seconds`: until every breach of a storm was noted.
    """

    bench: str
    at: str
    commit: str
    machine: Mapping[str, Any]
    clients: int
    rate: float | None
    seconds: float
    done: int
    per_second: float
    ms: Mapping[str, float]
    floor: str | None
    ratio: float | None
    cpu_us: Mapping[str, float]
    memory_mb: Mapping[str, float]
    lag: Mapping[str, float] | None
    load_average: float
    bytes_each: Mapping[str, float] | None = None
    noted_seconds: float | None = None

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


class Kept(Protocol):
    """What is kept as a line: when it was, of which commit, and the line."""

    @property
    def at(self) -> str:
        """When it began."""
        ...

    @property
    def commit(self) -> str:
        """What was looked at."""
        ...

    def line(self) -> str:
        """As one line of JSON."""
        ...


def keep(result: Kept, folder: Path) -> Path:
    """Appends it to the file of its day and commit, which it gives."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{result.at[:10]}-{result.commit.replace('+', '-changed')}.jsonl"
    with file.open("a", encoding="utf-8") as lines:
        lines.write(result.line() + "\n")
    return file


def rate_of(results: Iterable[Result], bench: str | None, commit: str) -> float | None:
    """The median rate of a bench's runs at a commit, a second; None where there are none."""
    rates = [result.per_second for result in results if result.bench == bench and result.commit == commit]
    return median(rates) if rates else None


def table(results: Sequence[Result]) -> Table:
    """The median of each figure, a row for each bench and commit; with two commits, how the rates compare."""
    commits = list(dict.fromkeys(result.commit for result in results))
    shown = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    for name in ("bench", *(("commit",) if len(commits) > 1 else ())):
        shown.add_column(name)
    for name in _FIGURES if len(commits) == 1 else (*_FIGURES, f"× {commits[0]}"):
        shown.add_column(name, justify="right")
    for bench in dict.fromkeys(result.bench for result in results):
        for commit in commits:
            runs = [result for result in results if (result.bench, result.commit) == (bench, commit)]
            if runs:
                shown.add_row(*_row(runs, commits, rate_of(results, bench, commits[0])))
        if len(commits) > 1:
            shown.add_section()
    return shown


_PARTS: Final = ("api", "postgres", "workers", "neo4j")
_FIGURES: Final = ("a second", "p50 ms", "p99 ms", "× floor", *(f"{part} µs" for part in _PARTS), "lag s")


def _row(runs: Sequence[Result], commits: Sequence[str], first: float | None) -> list[str | Text]:
    rate = median(run.per_second for run in runs)
    ratio = _median(run.ratio for run in runs)
    cells: list[str | Text] = [runs[0].bench]
    if len(commits) > 1:
        cells.append(runs[0].commit)
    cells += [
        Text(f"{rate:,.0f}", style="bold"),
        f"{median(run.ms['p50'] for run in runs):.1f}",
        f"{median(run.ms['p99'] for run in runs):.1f}",
        "" if ratio is None else f"{ratio:.2f}",
        *(_number(_median(run.cpu_us.get(part) for run in runs), ".0f") for part in _PARTS),
        _number(_median(run.lag["worst_seconds"] if run.lag else None for run in runs), ".2f"),
    ]
    if len(commits) > 1:
        compared = first and runs[0].commit != commits[0]
        cells.append(f"{rate / first:.2f}" if first and compared else "")
    return cells


def _median(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
