"""Which way calls go: the contracts of import-linter in pyproject.toml leave no module of the engine out."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def layered() -> set[str]:
    layers = next(contract["layers"] for contract in LINTER["contracts"] if contract["type"] == "layers")
    return {module.strip(" ()") for layer in layers for module in layer.split("|")}


def test_every_module_of_the_engine_has_its_layer():
    there = {f"engine.{path.stem}" for path in (ROOT / "engine").glob("*.py") if path.stem != "__init__"}
    there |= {f"engine.{path.parent.name}" for path in (ROOT / "engine").glob("*/__init__.py")}
    assert not there - layered(), "name the module in the layers of pyproject.toml and in docs/architecture.md"


def test_every_package_is_watched_by_the_linter():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(LINTER["root_packages"])


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        ("engine/services/tasks.py", "import engine.store.tasks"),
        ("graph/session.py", "import engine.store.tasks"),
        ("engine/core/decide.py", "import asyncio"),
        ("engine/core/decide.py", "import engine.ports"),
        ("engine/services/tasks.py", "import psycopg"),
        ("engine/store/tasks.py", "import neo4j"),
        ("engine/core/states.py", "import json_logic"),
        ("engine/workers/timers.py", "import apscheduler"),
        ("api/app.py", "import local"),
        ("api/app.py", "import graph.session"),
        ("engine/workers/timers.py", "import fastapi"),
    ],
)
def test_the_contracts_break_when_a_call_goes_the_wrong_way(house: Path, file: str, wrong: str):
    _write(house / file, wrong)
    assert _lint(house) == 1


def test_the_contracts_hold_in_an_empty_house(house: Path):
    assert _lint(house) == 0


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with every module of the layers, all of them empty, under the same contracts."""
    for module in [*layered(), "engine.store.tasks", "graph.session"]:
        parts = module.split(".")
        for depth in range(1, len(parts)):
            _write(tmp_path / Path(*parts[:depth]) / "__init__.py")
        package = module in {
            *LINTER["root_packages"],
            "engine.core",
            "engine.services",
            "engine.store",
            "engine.workers",
        }
        _write(tmp_path / Path(*parts) / "__init__.py" if package else tmp_path / Path(*parts).with_suffix(".py"))
    _write(tmp_path / "pyproject.toml", (ROOT / "pyproject.toml").read_text("utf-8"))
    return tmp_path


def _write(file: Path, text: str = "") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _lint(folder: Path) -> int:
    script = (
        "import sys; sys.path.insert(0, '.');"
        "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache', '--no-logo'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return done.returncode
