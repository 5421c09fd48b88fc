"""The bans of pyproject.toml bite: time and new ids come from one place, and functions stay small."""

import subprocess
import sys

import pytest

from tests.house.tree import ROOT


def findings(source: str, file: str) -> str:
    """What ruff says of `source` as if it stood in `file`."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "--stdin-filename", file, "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    "call",
    [
        "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
        "from datetime import datetime\n\nNOW = datetime.utcnow()\n",
        "import time\n\nNOW = time.time()\n",
        "from uuid import uuid4\n\nID = uuid4()\n",
    ],
)
def test_the_machines_clock_and_chance_are_read_in_one_file_only(call: str):
    source = f'"""A module."""\n\n{call}'
    assert "TID251" in findings(source, "engine/services/tasks.py")
    assert "TID251" not in findings(source, "engine/clock.py")


def test_a_relative_import_is_refused():
    assert "TID252" in findings('"""A module."""\n\nfrom . import tasks\n', "engine/services/processes.py")


def test_a_function_of_more_than_40_statements_is_refused():
    body = "".join(f"    print({n})\n" for n in range(41))
    assert "PLR0915" in findings(f'"""A module."""\n\n\ndef run():\n{body}', "engine/services/tasks.py")


def test_a_query_made_of_parts_is_refused():
    source = '"""A module."""\n\n\ndef query(name):\n    return f"SELECT * FROM tasks WHERE name = {name}"\n'
    assert "S608" in findings(source, "engine/store/tasks.py")
