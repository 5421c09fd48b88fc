"""The bench of the core gives a line for each shape; how good the figures are is nobody's test."""

import json
from typing import Any

from bench.core import main


def test_each_shape_of_the_core_gives_a_line_and_the_large_ones_a_ratio(capsys: Any):
    assert main(["--rounds", "1", "--wide", "20", "--long", "30", "--old", "40"]) == 0
    lines = {line["shape"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(lines) == ["loan", "fha", "row-12", "row-30", "age-10", "age-40", "start", "wide-20"]
    assert all(line["us"] >= line["decide_us"] > 0 for line in lines.values())
    assert {shape: line["beside"] for shape, line in lines.items() if line["ratio"]} == {
        "row-30": "row-12",
        "age-40": "age-10",
    }
    assert (lines["loan"]["commands"], lines["wide-20"]["events"]) == (10, 24)
