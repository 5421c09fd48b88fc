"""How files are made: small, named after what they hold, and true on every machine."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, ROOT, named, written

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
"""Lines, docstring included; the aim is 40."""

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
REGISTRIES = ("pypi" + ".org", "python" + "hosted", "repo1" + ".maven", "registry" + ".npmjs", "maven" + ".org")
PLACES = re.compile(r"(?<![\w.~$}/])/(?:work|root|home/\w+|Users/\w+)/")

CODE = written(".py", ".sql", ".cypher")
PYTHON = [path for path in CODE if path.suffix == ".py"]


def test_no_file_of_code_is_longer_than_400_lines():
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in CODE}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}


def test_no_function_runs_over_60_lines():
    found = {
        f"{named(path)}:{node.lineno} {node.name}": length
        for path in PYTHON
        if path.relative_to(ROOT).parts[0] in {*PACKAGES, "bench"}
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not found


def test_no_module_has_a_name_that_says_nothing():
    assert not [named(path) for path in PYTHON if path.stem in VAGUE or path.parent.name in VAGUE]


@pytest.mark.parametrize("suffixes", [(".py", ".sql", ".cypher"), (".md", ".toml", ".yaml", ".yml", ".json", ".lock")])
def test_no_file_names_a_registry_or_a_place_of_one_machine(suffixes: tuple[str, ...]):
    odd = [named(path) for path in written(*suffixes) if _names_a_place(path)]
    assert not odd, "a clone works behind any mirror and in any folder"


def test_every_file_is_text_with_unix_line_ends_and_a_last_one():
    odd: list[str] = []
    for path in written(".py", ".sql", ".cypher", ".md", ".toml", ".yaml", ".yml", ".json", "Makefile", "run"):
        content = path.read_bytes()
        if content and (b"\r" in content or not content.endswith(b"\n") or _unreadable(content)):
            odd.append(named(path))
    assert not odd


def _names_a_place(path: Path) -> bool:
    text = path.read_text("utf-8")
    return any(host in text for host in REGISTRIES) or PLACES.search(text) is not None


def _unreadable(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
