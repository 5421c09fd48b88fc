"""The page about service levels says what the code does: its example, its keys, the usual service levels."""

import re
from pathlib import Path

from engine.configurations.format import CONFIGURATION, FOR
from engine.configurations.reading import read_configurations
from engine.core.durations import WorkingTime
from engine.core.levels import USUAL

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "service-levels.md").read_text("utf-8")
FIRST_CELL = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
USUAL_ROW = re.compile(r"^\| `(\w+)` \| `(PT\w+)` \|$", re.MULTILINE)


def test_its_example_can_be_put() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    read = read_configurations(example, "yaml", ["us-lending"])
    assert [one.id for one in read.configurations] == ["quick-intake", "underwriting", "closing-phase"], read.findings


def test_it_names_every_key_of_a_configuration() -> None:
    named = {name for cell in FIRST_CELL.findall(PAGE) for name in re.findall(r"\w+", cell)}
    assert {key.name for key in (*CONFIGURATION.keys, *FOR.keys)} <= named


def test_it_names_the_usual_service_levels() -> None:
    rows = dict(USUAL_ROW.findall(PAGE))
    for each in USUAL:
        kind = each.fits.task_type or each.fits.service_area
        target = each.level.target
        assert isinstance(target, WorkingTime)
        assert str(target) == (rows[kind] if kind else "PT8H")
    assert "| anything else | `PT8H` |" in PAGE
