"""Shell scripts and the Makefile can at least be read by their interpreters."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT, named, written

SCRIPTS = [path for path in written() if path.suffix == ".sh" or path.read_bytes().startswith(b"#!/usr/bin/env bash")]


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_a_script_is_executable_and_stops_at_the_first_error(script: Path):
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text("utf-8")
    read = subprocess.run(["bash", "-n", script], capture_output=True, text=True, timeout=10, check=False)
    assert read.returncode == 0, read.stderr


def test_continuous_integration_checks_and_tests():
    text = (ROOT / ".ci" / "run").read_text("utf-8")
    assert text.index("make check") < text.index("make test")


def test_make_lists_each_of_its_targets():
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = next(line for line in text.splitlines() if line.startswith(".PHONY:")).split()[1:]
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, timeout=10, check=True)
    assert {line.split()[1] for line in listed.stdout.splitlines()} == set(phony) - {"remake"}
