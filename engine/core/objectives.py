"""Objectives of service levels: how many should be met over a window, and how fast the rest is being used up.

What may be breached in a window is its error budget. The burn rate is how fast that is used: at 1.0 exactly all of it
by the end of the window. As in the SRE workbook (chapter 5), it is looked at over pairs of a long and a short window:
only when both burn fast is something going wrong now that is worth a look.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

_HUNDRED: Final = Decimal(100)
_THOUSANDTH: Final = Decimal("0.001")
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Objective:
    """So many `percent` of those whose verdict falls into the last `window` should have been met."""

    percent: Decimal
    window: timedelta


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How many were met, and how many breached."""

    met: int = 0
    breached: int = 0

    @property
    def total(self) -> int:
        """How many verdicts there are."""
        return self.met + self.breached

    @property
    def percent(self) -> Decimal | None:
        """How many of a hundred were met, to three digits; None where there is no verdict."""
        return rounded(_HUNDRED * self.met / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A long and a short window, and the share of the whole budget that is too much to lose in the long one."""

    long: timedelta
    short: timedelta
    share: Decimal


PAIRS: Final = (
    Pair(timedelta(hours=1), timedelta(minutes=5), Decimal("0.02")),
    Pair(timedelta(hours=6), timedelta(minutes=30), Decimal("0.05")),
    Pair(timedelta(days=3), timedelta(hours=6), Decimal("0.1")),
)


def pairs_of(objective: Objective) -> tuple[Pair, ...]:
    """Those that are shorter than the window of the objective."""
    return tuple(pair for pair in PAIRS if pair.long < objective.window)


def allowed(objective: Objective, verdicts: Verdicts) -> Decimal:
    """The error budget: how many of these may be breached."""
    return rounded((_HUNDRED - objective.percent) * verdicts.total / _HUNDRED)


def burn_rate(objective: Objective, verdicts: Verdicts) -> Decimal | None:
    """How fast the budget is used; None where there is no verdict, or no budget at all."""
    budget = _HUNDRED - objective.percent
    if not verdicts.total or not budget:
        return None
    return rounded(_HUNDRED * verdicts.breached / verdicts.total / budget)


def threshold(objective: Objective, pair: Pair) -> Decimal:
    """The burn rate at which so much of the budget is lost in the long window: 14.4 for 2 % in an hour of 30 days."""
    times = Decimal(objective.window // _SECOND) / (pair.long // _SECOND)
    return rounded(max(pair.share * times, Decimal(1)))


def is_met(objective: Objective, verdicts: Verdicts) -> bool | None:
    """Whether it is reached; None where there is no verdict yet."""
    return _HUNDRED * verdicts.met >= objective.percent * verdicts.total if verdicts.total else None


def rounded(value: Decimal) -> Decimal:
    """To three digits behind the point, without zeros at the end."""
    cut = value.quantize(_THOUSANDTH, ROUND_HALF_EVEN)
    whole = cut.to_integral_value()
    return whole if cut == whole else cut.normalize()
