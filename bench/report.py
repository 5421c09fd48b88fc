"""What was asked for and what was measured, from the results that are kept: a table in Markdown."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final, cast

Line = Mapping[str, Any]
"""A kept result, as `bench.results.Result` writes it; older ones have fewer fields."""


class NothingKept(Exception):
    """There is no result to report of."""


class Figures:
    """The runs of one commit on one machine. A figure is the median of its bench's runs, None without any."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = list(lines)

    def rate(self, bench: str) -> float | None:
        """Operations a second."""
        return self._median(bench, lambda line: line["per_second"])

    def ms(self, bench: str, which: str) -> float | None:
        """`p50` or `p99` of the latencies in milliseconds."""
        return self._median(bench, lambda line: line["ms"][which])

    def ratio(self, bench: str) -> float | None:
        """Its rate over that of its floor."""
        return self._median(bench, lambda line: line["ratio"])

    def lag(self, bench: str) -> float | None:
        """How far the projection was behind in 99 of 100 looks, in seconds."""
        return self._median(bench, lambda line: _in(line, "lag", "p99_seconds"))

    def memory(self, part: str) -> float | None:
        """The most that a kind of process held after any run, in MB."""
        held = (_in(line, "memory_mb", part) for line in self._lines)
        return max((value for value in held if value is not None), default=None)

    def bytes_each(self, bench: str, database: str) -> float | None:
        """What one of many active processes takes."""
        return self._median(bench, lambda line: _in(line, "bytes_each", database))

    def noted(self, bench: str) -> float | None:
        """How long it took until every breach of a storm was noted, in seconds."""
        return self._median(bench, lambda line: line.get("noted_seconds"))

    def over(self, bench: str, other: str) -> float | None:
        """The median latency of one over that of another."""
        mine, theirs = self.ms(bench, "p50"), self.ms(other, "p50")
        return mine / theirs if mine and theirs else None

    def _median(self, bench: str, of: Callable[[Line], float | None]) -> float | None:
        found = [value for line in self._lines if line["bench"] == bench and (value := of(line)) is not None]
        return median(found) if found else None


def _in(line: Line, field: str, name: str) -> float | None:
    """A figure within a field, which older results have otherwise or not at all."""
    held = line.get(field)
    return cast("dict[str, float]", held).get(name) if isinstance(held, dict) else None


@dataclass(frozen=True, slots=True)
class Goal:
    """One row: what, the least that is asked for, and how the figure and the ratio are had from the figures.

    `form` is how the figure is written. `ratio` is a figure over another where that is what is asked for.
    """

    what: str
    least: str
    measured: Callable[[Figures], float | None]
    form: str
    ratio: Callable[[Figures], float | None] = lambda figures: None


def _rate(what: str, least: str, bench: str) -> Goal:
    return Goal(what, least, lambda figures: figures.rate(bench), "{:,.0f} /s", lambda figures: figures.ratio(bench))


def _p99(what: str, least: str, bench: str) -> Goal:
    return Goal(what, least, lambda figures: figures.ms(bench, "p99"), "{:,.1f} ms")


def _against(what: str, least: str, bench: str, other: str) -> Goal:
    return Goal(
        what, least, lambda figures: figures.ms(bench, "p50"), "{:,.1f} ms", lambda figures: figures.over(bench, other)
    )


def _memory(what: str, least: str, part: str) -> Goal:
    return Goal(what, least, lambda figures: figures.memory(part), "{:,.0f} MB")


def _lag(rate: int, least: str) -> Goal:
    bench = f"open-{rate}-projected"
    return Goal(f"projection lag p99 at {rate:,} completions/s", least, lambda figures: figures.lag(bench), "{:,.2f} s")


def _bytes(processes: int, database: str) -> Goal:
    bench = f"complete-8-active-{processes}"
    what = f"{database}: bytes of each of {processes:,} active processes"
    return Goal(what, "", lambda figures: figures.bytes_each(bench, database), "{:,.0f}")


def _crowded(figures: Figures) -> float | None:
    many, few = figures.rate("complete-8-crowded"), figures.rate("complete-8-few")
    return many / few if many and few else None


GOALS: Final = (
    _rate("completions/s, 32 clients, 12-atom path, projector off", "4,000 and 0.7 × floor", "complete-32"),
    _rate("the same, projector on", "0.5 × floor", "complete-32-projected"),
    _p99("p99 of the first", "50 ms", "complete-32"),
    _rate("completions/s, 32 clients, FHA path", "", "fha-32"),
    _rate("in bulk, 100 a request", "12,000", "bulk"),
    _p99("one client: p99 of a completion", "8 ms", "complete-1"),
    _p99("open loop 1,000/s: p99", "20 ms", "open-1000"),
    _p99("open loop 2,000/s: p99", "", "open-2000"),
    _p99("inbox page at 100,000 open tasks: p99", "5 ms", "inbox-crowded"),
    _p99("claim at 100,000 open tasks: p99", "5 ms", "claim-crowded"),
    _p99("inbox page at 100,000 open tasks, one client: p99", "5 ms", "inbox-crowded-1"),
    _p99("claim at 100,000 open tasks, one client: p99", "5 ms", "claim-crowded-1"),
    Goal(
        "completions/s with 100,000 open tasks against 1,000",
        "0.95 ×",
        lambda figures: figures.rate("complete-8-crowded"),
        "{:,.0f} /s",
        _crowded,
    ),
    _against(
        "1,000,000 active processes against 10,000: median completion",
        "at most 1.5 ×",
        "complete-8-active-1000000",
        "complete-8-active-10000",
    ),
    _rate("completions/s while 50,000 tasks are breached together, against before", "0.8 ×", "breach-storm"),
    Goal("until all 50,000 are noted", "60 s", lambda figures: figures.noted("breach-storm"), "{:,.1f} s"),
    _against("1,000 atoms against 12: median completion", "at most 2 ×", "complete-8-atoms-1000", "complete-8"),
    _against(
        "10,000 events against 10: median completion",
        "at most 1.2 ×",
        "complete-8-events-10000",
        "complete-8-events-10",
    ),
    _lag(500, ""),
    _lag(1000, "1 s"),
    _lag(2000, ""),
    Goal("rebuild of the graph", "", lambda figures: figures.rate("rebuild"), "{:,.0f} events/s"),
    Goal(
        "load, check and publish a 1,000-atom journey",
        "2 s",
        lambda figures: figures.ms("publish-1000", "p50"),
        "{:,.0f} ms",
    ),
    *(_bytes(processes, database) for processes in (10_000, 100_000) for database in ("postgres", "neo4j")),
    _bytes(1_000_000, "postgres"),
    _memory("API process memory after the runs", "200 MB", "api"),
    *(_memory(f"{part} memory after the runs", "", part) for part in ("workers", "postgres", "neo4j")),
)
"""The table of what must be shown."""


def read(folder: Path, commit: str | None) -> tuple[str, Figures]:
    """The commit and its figures; without a name, that of the result that was measured last.

    Raises:
        NothingKept: when there is none.
    """
    texts = (file.read_text("utf-8") for file in sorted(folder.glob("*.jsonl")))
    lines: list[Line] = [json.loads(line) for text in texts for line in text.splitlines()]
    chosen = commit or (max(lines, key=lambda line: line["at"])["commit"] if lines else None)
    found = [line for line in lines if line["commit"] == chosen]
    if chosen is None or not found:
        raise NothingKept(f"{folder} has no result of {commit or 'any commit'}")
    return chosen, Figures(found)


def markdown(commit: str, figures: Figures, goals: Sequence[Goal] = GOALS) -> str:
    """The table, with the commit above it; what was not measured has a dash."""
    rows = ["| what | at least | measured | ratio |", "| --- | ---: | ---: | ---: |"]
    for goal in goals:
        measured, ratio = goal.measured(figures), goal.ratio(figures)
        told = "–" if measured is None else goal.form.format(measured)
        rows.append(f"| {goal.what} | {goal.least} | {told} | {'' if ratio is None else f'{ratio:.2f}'} |")
    return "\n".join([f"Commit {commit}:", "", *rows])
