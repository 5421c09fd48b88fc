"""An exception that a process of the engine logged is a broken promise, a database that was away is none."""

import json
from pathlib import Path

from chaos.logs import unexpected

AWAY = {"event": "postgres.unavailable", "level": "warning", "error": "PoolTimeout"}
FAILED = {"event": "commit.failed", "level": "error", "exception": "Traceback …\nAssertionError: 1 of 2 processes"}


def logged(folder: Path, *lines: dict[str, str]) -> Path:
    file = folder / "api-1.log"
    file.write_text("The workers run.\n" + "".join(f"{json.dumps(line)}\n" for line in lines))
    return file


def test_a_traceback_is_found_once_for_each_kind(tmp_path: Path):
    (finding,) = unexpected([logged(tmp_path, AWAY, FAILED, FAILED)])
    assert finding.sentence == "commit.failed: AssertionError: 1 of 2 processes"
    assert finding.place.startswith("api-1.log")


def test_what_is_told_in_a_line_and_what_is_for_people_is_none(tmp_path: Path):
    assert not [*unexpected([logged(tmp_path, AWAY, {"event": "defunct connection", "level": "error"})])]
