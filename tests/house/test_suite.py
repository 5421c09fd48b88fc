"""How tests are written: sentences that wait on conditions, beside the source they are about."""

import ast

from tests.house.tree import ROOT, named, written

FEWEST_WORDS = 3
TESTS = [path for path in written(".py") if path.name.startswith("test_") and path.is_relative_to(ROOT / "tests")]


def _tests() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (named(path), node)
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


def test_every_test_is_named_as_a_sentence():
    short = [f"{file} {node.name}" for file, node in _tests() if len(node.name.split("_")) - 1 < FEWEST_WORDS]
    assert not short


def test_no_test_sleeps():
    sleeping = [
        f"{file}:{call.lineno} {node.name}"
        for file, node in _tests()
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "sleep"
    ]
    assert not sleeping, "wait on a condition, or call run_once()"


def test_no_test_is_written_twice_under_one_name():
    seen: set[tuple[str, str]] = set()
    twice: list[str] = []
    for path in TESTS:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if (named(path), node.name) in seen:
                    twice.append(f"{named(path)}:{node.lineno} {node.name}")
                seen.add((named(path), node.name))
    assert not twice
