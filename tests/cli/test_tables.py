"""Tables fit the width there is: no id is ever broken, nothing is cut, no line ends in blanks."""

import pytest
from rich.console import Console
from rich.text import Text

import cli.tables
import cli.terminal
from cli.questions import show_answer
from cli.tables import cell, table
from engine import clock
from engine.core.times import parse_time

NOW = "2026-03-01T12:00:00.000Z"
PROCESS = "01a1fd36-2ef0-71da-a2e9-fd00e8bf889f"
PATH = [f"atom-bo-step-number-{number}" for number in range(12)]
TASKS = [
    (f"{PROCESS}.3", "HR's approval", "E-103, 15 days from 2026-08-03", "hr-partner", None, "pending"),
    (f"{PROCESS}.14", "Fill in the application for the loan", "B-1005, 289500", "borrower", "ann", "in_progress"),
]
COLUMNS = ("task", "name", "case", "role", "assignee", "status")


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clock, "now", lambda: parse_time(NOW))


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> list[str]:
    monkeypatch.setattr(cli.terminal, "out", Console(highlight=False, width=width))
    table("Tasks", COLUMNS, TASKS, "None.")
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [45, 60, 80, 100, 140, 300])
def test_no_word_is_broken_and_no_line_is_too_long_or_ends_in_blanks(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    lines = printed(monkeypatch, capsys, width)
    words = [word for row in TASKS for value in row for word in (value or "–").split()]
    assert sorted(word for line in lines for word in line.split()) == sorted([*words, *COLUMNS, "Tasks"])
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line != line.rstrip()]


def test_a_wide_table_has_a_line_for_each_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert len(printed(monkeypatch, capsys, 160)) == 2 + len(TASKS)


def test_a_narrow_table_goes_on_below_its_first_column(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    _, head, more, *rows = printed(monkeypatch, capsys, 80)
    assert head.startswith("task") and more.startswith("  ") and {*head.split(), *more.split()} == {*COLUMNS}
    assert [line for line in rows if not line.startswith(" ")] and all(len(line) <= 80 for line in rows)


def test_an_id_wider_than_the_terminal_is_left_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert sum(f"{PROCESS}.3" in line for line in printed(monkeypatch, capsys, 20)) == 1


def test_times_are_told_from_now():
    assert str(cell("2026-03-01T11:48:00.000Z")) == "12 min ago"
    assert str(cell("2026-03-04T12:00:00.000Z")) == "in 3.0 d"
    assert str(cell("2026-13-45T12:00:00.000Z")) == "2026-13-45T12:00:00.000Z"


def test_a_text_keeps_its_style_and_nothing_is_a_dash():
    assert cell(Text("done", style="green")).style == "green"
    assert str(cell(None)) == "–" == str(cell([]))


@pytest.mark.parametrize("width", [80, 140])
def test_the_rows_of_a_question_read_as_people_speak(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(cli.terminal, "out", Console(highlight=False, width=width))
    row = {"path": PATH, "outcome": "paid", "cases": 3, "share": 0.25, "p50_seconds": 90, "incident": None}
    show_answer({"question": "Which ways?", "columns": list(row), "items": [row | {"since": NOW}]})
    told = capsys.readouterr().out
    assert " → ".join(PATH) in " ".join(told.split())
    assert "25.0 %" in told and "1.5 min" in told and "incident" not in told
    assert max(map(len, told.splitlines())) <= width
