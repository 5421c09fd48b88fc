"""`wayline demo`, shortened: the tables hold what was promised, and nothing is left behind."""

import json
from pathlib import Path

import pytest

from cli.demo import empty
from cli.terminal import Failed
from tests.cli.running import wayline


def test_the_demo_shows_a_path_with_its_rule_values_the_queues_and_the_bottlenecks(tmp_path: Path):
    data = tmp_path / "data"
    done = wayline("demo", "--ci", "--cases", "60", "--seconds", "2", "--json", "--data", str(data))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["total"] == 60 + 6 + 8
    assert report["tasks_done"] > 20
    decisive = [rule for passage in report["path"] for rule in passage["rules"] if rule["reads"]]
    assert any(rule["comparisons"] for rule in decisive)
    assert report["place"] is None
    assert any(row["open"] for row in report["roles"]["items"])
    assert any(row["waiting"] and row["blocked_downstream"] for row in report["bottlenecks"]["items"])
    assert report["held"]["waiting_for"]
    assert report["refusal"]["code"] == "four_eyes" and report["refusal"]["user"] == "vera"
    levels = report["lateness"]["levels"]
    assert any(level["met"] for level in levels) and any(level["open_breached"] for level in levels)
    escalated = [fact for facts in report["lateness"]["told"].values() for fact in facts]
    assert escalated and all(fact["to_role"] or fact["to_users"] for fact in escalated)
    assert {user["id"] for user in report["people"] if user["away"]} == {"lena", "uma"}
    assert not data.exists()


def test_a_folder_that_is_not_the_demos_own_is_left_alone(tmp_path: Path):
    (tmp_path / "precious").write_text("kept")
    with pytest.raises(Failed, match="is not empty"):
        empty(tmp_path, made_anew=False)
    assert (tmp_path / "precious").read_text() == "kept"


def test_the_demos_own_folder_is_made_anew(tmp_path: Path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "jwt.secret").write_text("old")
    empty(tmp_path, made_anew=True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["lock", "logs"]
