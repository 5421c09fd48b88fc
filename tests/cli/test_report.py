"""What the demo prints at its end, and what a case's path leaves out."""

from pathlib import Path
from typing import Any

import pytest

from cli.demo import show_end
from cli.machine import Place
from cli.path import Passage
from cli.report import show_bottlenecks, show_roles
from cli.stories import show_path

COUNTS: dict[str, Any] = {"total": 1, "by": {"status": {"completed": 1}, "outcome": {"paid": 1}}}
PLACE = Place("http://127.0.0.1:8123", Path("loans"), "bolt://127.0.0.1:17687", "neo4j", None)
ROLE = {"journey": "j", "role": "hr-partner", "name": "HR partner", "open": 3, "held": 1, "people": 2, "performed": 4}
SECONDS: dict[str, Any] = {"p50_seconds": None, "p95_seconds": 2}
ATOM = {"journey": "j", "atom": "a", "role": "hr-partner", "waiting": 3, "blocked_downstream": 5, **SECONDS}


def test_a_server_that_is_gone_is_not_pointed_at(capsys: pytest.CaptureFixture[str]):
    show_end(1, COUNTS, None)
    told = capsys.readouterr().out
    assert told.strip() == "People did 1 task. Of 1 case: 1 completed; those that ended: 1 paid."
    show_end(2, COUNTS, PLACE)
    told = capsys.readouterr().out
    assert "http://127.0.0.1:8123/api/docs" in told and "wayline tasks --role underwriter --data loans" in told


def test_a_role_has_the_same_name_in_both_tables_and_its_people_beside_it(capsys: pytest.CaptureFixture[str]):
    show_roles({"question": "Which roles?", "items": [ROLE | {"oldest_at": None}]})
    roles = capsys.readouterr().out
    show_bottlenecks({"question": "Where?", "items": [ATOM | {"oldest_at": None}]})
    assert "people at it" in roles and "hr-partner" in roles and "hr-partner" in capsys.readouterr().out
    assert roles.splitlines()[-1].split() == ["j", "hr-partner", "2", "3", "4", "–"]


@pytest.mark.parametrize(
    ("skipped", "said"), [(1, "1 more atom was skipped: no path led there"), (2, "2 more atoms were skipped: no path")]
)
def test_the_skipped_are_counted_in_words(skipped: int, said: str, capsys: pytest.CaptureFixture[str]):
    show_path([Passage("a", 1, "skipped", 0.0, "–") for _ in range(skipped)])
    assert said in capsys.readouterr().out
