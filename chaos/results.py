"""What came of a campaign: one JSON line, kept in a file of its day and commit, and the tables that people look at."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.machine import machine
from bench.revision import current
from chaos.campaign import Outcomes, Plan
from chaos.ledger import Outcome
from engine import clock
from engine.core.times import format_time

KEPT: Final = Path(__file__).with_name("results")
_SHOWN: Final = 20
"""Broken promises that are printed; the line has all."""


@dataclass(frozen=True, slots=True)
class Result:
    """A whole campaign.

    `done` counts harms by kind; `commands` by what became of them at last, `settled` of them were unknown when a
    round's clients stopped. `looked_at` is what the invariants have seen, `ends` how the engine's processes ended.
    """

    seed: str
    at: str
    commit: str
    machine: dict[str, Any]
    seconds: float
    rounds: int
    done: dict[str, int]
    commands: dict[str, int]
    settled: int
    looked_at: dict[str, int]
    ends: dict[str, int]
    findings: list[str]

    @property
    def kept_promise(self) -> bool:
        """Whether nothing was lost, doubled or stuck."""
        return not self.findings

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def result(plan: Plan, outcomes: Outcomes) -> Result:
    """The outcomes of a plan, of this commit on this machine, now."""
    return Result(
        seed=plan.seed,
        at=format_time(clock.now()),
        commit=current().commit,
        machine=machine(),
        seconds=round(outcomes.seconds, 1),
        rounds=outcomes.rounds,
        done={kind: outcomes.done[kind] for kind in plan.kinds},
        commands={outcome.value: outcomes.commands[outcome] for outcome in Outcome},
        settled=outcomes.settled,
        looked_at=dict(outcomes.looked_at),
        ends=dict(sorted(outcomes.ends.items())),
        findings=[str(finding) for finding in outcomes.findings],
    )


def tables(result: Result) -> RenderableType:
    """For people: what was done to it, what the clients know, what was looked at, and what is wrong."""
    verdict = (
        Text("Nothing was lost, doubled or stuck.", style="bold green")
        if result.kept_promise
        else Text(f"{len(result.findings)} promises are broken:", style="bold red")
    )
    wrong = [Text(finding) for finding in result.findings[:_SHOWN]]
    head = Text(f"Seed {result.seed}: {result.seconds:.0f} s of harm in {result.rounds} rounds", style="bold")
    return Group(
        head,
        _columns("harm", "times", result.done),
        _columns("commands", "", result.commands | {"of them unknown at first": result.settled}),
        _columns("looked at", "", result.looked_at),
        _columns("the engine's processes ended", "times", result.ends),
        verdict,
        *wrong,
    )


def _columns(name: str, number: str, rows: dict[str, int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(name, min_width=32)
    table.add_column(number, justify="right", min_width=9)
    for row, count in rows.items():
        table.add_row(row, f"{count:,}")
    return table
