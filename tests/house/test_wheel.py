"""The wheel holds everything that runs, statements and samples too (docs/decisions/0008)."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.tree import PACKAGES, ROOT, named, written

SHIPPED = [path for path in written() if path.relative_to(ROOT).parts[0] in {*PACKAGES, "cypher"}]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel of this folder, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return ZipFile(built)


def test_every_file_of_the_packages_is_in_the_wheel(wheel: ZipFile):
    assert not {named(path) for path in SHIPPED} - set(wheel.namelist())


def test_nothing_but_the_packages_is_in_the_wheel(wheel: ZipFile):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {*PACKAGES, "cypher"}


def test_an_installed_wheel_finds_its_statements(wheel: ZipFile, tmp_path: Path):
    wheel.extractall(tmp_path)
    script = (
        "from engine import statements as s;"
        "print(s.ROOT, len(s.questions()), len(s.migrations(s.SQL_MIGRATIONS)), len(s.migrations(s.CYPHER_MIGRATIONS)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    place, *counts = done.stdout.split()
    assert Path(place) == tmp_path.resolve()
    assert all(int(count) > 0 for count in counts)
