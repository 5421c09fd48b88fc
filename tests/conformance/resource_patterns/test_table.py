"""docs/resource-patterns.md has every pattern once, and names the test of each that is there; no test is left out."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parents[2] / "docs" / "resource-patterns.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| (yes|partly|no) \| ([^|]+) \| (–|`\w+`) \|$", PAGE, re.MULTILINE)
TESTS = re.findall(r"def (test_pattern_\w+)\(", "".join(file.read_text("utf-8") for file in FOLDER.glob("test_*.py")))


def test_the_table_has_each_of_the_43_patterns_once() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 44))
    assert len({name for _, name, *_ in ROWS}) == 43


def test_a_pattern_that_is_there_has_the_test_of_its_number_and_one_that_is_not_has_none() -> None:
    named = {int(number): test.strip("`") for number, *_, test in ROWS if test != "–"}
    assert sorted(named.values()) == sorted(TESTS)
    assert all(test.startswith(f"test_pattern_{number}_") for number, test in named.items())
    assert {int(number) for number, _, there, *_ in ROWS if there == "no"} == set(range(1, 44)) - named.keys()


def test_the_sums_are_those_of_the_rows() -> None:
    there = [one for _, _, one, *_ in ROWS]
    said = f"{there.count('yes')} are there, {there.count('partly')} in part, {there.count('no')} are not."
    assert said in PAGE
