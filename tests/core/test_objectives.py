"""Objectives of service levels: budget, burn rate and thresholds, as the SRE workbook has them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from engine.core.ids import breach_id, split_breach
from engine.core.objectives import (
    PAIRS,
    Objective,
    Verdicts,
    allowed,
    burn_rate,
    is_met,
    pairs_of,
    threshold,
)

MONTH = Objective(Decimal("99.5"), timedelta(days=30))


def test_the_budget_is_what_may_be_breached_of_those_that_there_are() -> None:
    assert allowed(MONTH, Verdicts(met=990, breached=10)) == 5
    assert allowed(MONTH, Verdicts()) == 0


@pytest.mark.parametrize(("breached", "rate"), [(0, "0"), (5, "1"), (10, "2"), (72, "14.4"), (1000, "200"), (1, "0.2")])
def test_a_burn_rate_of_one_uses_exactly_the_budget(breached: int, rate: str) -> None:
    assert burn_rate(MONTH, Verdicts(1000 - breached, breached)) == Decimal(rate)


def test_nothing_burns_without_verdicts_or_without_a_budget() -> None:
    assert burn_rate(MONTH, Verdicts()) is None
    assert burn_rate(Objective(Decimal(100), timedelta(days=30)), Verdicts(9, 1)) is None


def test_an_objective_is_met_at_its_percentage_exactly_and_unknown_without_verdicts() -> None:
    assert is_met(MONTH, Verdicts(995, 5)) is True
    assert is_met(MONTH, Verdicts(994, 6)) is False
    assert is_met(MONTH, Verdicts()) is None
    third = Objective(Decimal("33.3333333333333333333333333333"), timedelta(days=1))
    assert is_met(third, Verdicts(1, 2)) is True, "no rounding makes it missed"


def test_the_thresholds_of_thirty_days_are_those_of_the_workbook() -> None:
    assert [threshold(MONTH, pair) for pair in PAIRS] == [Decimal("14.4"), 6, 1]
    assert [threshold(Objective(Decimal(95), timedelta(days=28)), pair) for pair in PAIRS] == [
        Decimal("13.44"),
        Decimal("5.6"),
        1,
    ]


def test_only_pairs_shorter_than_the_window_are_looked_at() -> None:
    assert pairs_of(Objective(Decimal(90), timedelta(days=3))) == PAIRS[:2]
    assert pairs_of(Objective(Decimal(90), timedelta(hours=1))) == ()


def test_percentages_have_three_digits_and_no_zeros_at_the_end() -> None:
    assert str(Verdicts(2, 1).percent) == "66.667"
    assert str(Verdicts(3, 0).percent) == "100"
    assert str(Verdicts(1, 1).percent) == "50"
    assert Verdicts().percent is None


@pytest.mark.parametrize(("id", "named"), [("p-1.7", ("p-1", 7, True)), ("p-1.w7", ("p-1", 7, False))])
def test_the_id_of_a_breach_says_of_what_it_is(id: str, named: tuple[str, int, bool]) -> None:
    assert split_breach(id) == named
    assert breach_id(named[0], named[1], of_task=named[2]) == id


@pytest.mark.parametrize("id", ["", "p", "p.", "p.0", "p.w0", "p.w", "p.ww1", "p.1.2", "p.-1", "p.1 ", "p.1234567890"])
def test_what_is_no_id_of_a_breach_names_none(id: str) -> None:
    assert split_breach(id) is None
