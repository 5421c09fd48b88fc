"""The model is written from the contract alone: only the bridges and what compares may know the engine."""

import ast
import sys
from pathlib import Path

HERE = Path(__file__).parent
OURS = {"engine", "graph", "api", "cli", "local", "seed"}
BRIDGES = {"bridge", "bridge_store"}
COMPARING = {"differential", "test_differential", "test_histories", "test_rules", "test_stored"}


def imported(path):
    """The dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_file_of_the_model_imports_the_engine():
    found = {
        f"{path.stem} imports {name}"
        for path in HERE.glob("*.py")
        for name in imported(path)
        if name.split(".")[0] in OURS and path.stem not in BRIDGES
    }
    assert not found


def test_no_file_of_the_model_reaches_the_engine_over_the_bridge_or_other_tests():
    found = {
        f"{path.stem} imports {name}"
        for path in HERE.glob("*.py")
        for name in imported(path)
        if name.startswith("tests.")
        and (not name.startswith("tests.model") or name.split(".")[2] in BRIDGES)
        and path.stem not in COMPARING | BRIDGES
    }
    assert not found


def test_the_model_needs_nothing_but_the_standard_library():
    known = {"pytest", "tests"} | OURS
    own = [path for path in HERE.glob("*.py") if path.stem not in BRIDGES]
    names = {name.split(".")[0] for path in own for name in imported(path)} - known
    assert names <= set(sys.stdlib_module_names)
