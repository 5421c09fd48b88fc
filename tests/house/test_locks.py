"""The two lock files hold what pyproject.toml asks for, each with its hashes (docs/decisions/0008)."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

STALE = "run `make lock`"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUN = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["project"]["optional-dependencies"]["dev"]]


def locked(file: str) -> dict[str, tuple[str, frozenset[str]]]:
    """`{name: (version, hashes)}` of a lock file."""
    entries = re.split(r"(?m)^(?=[a-z0-9])", (ROOT / file).read_text("utf-8"))
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for entry in filter(None, entries):
        requirement = Requirement(entry.splitlines()[0].rstrip(" \\"))
        version = str(requirement.specifier).removeprefix("==")
        found[canonicalize_name(requirement.name)] = (
            version,
            frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)),
        )
    return found


@pytest.mark.parametrize(("file", "asked"), [("requirements.lock", RUN + DEV), ("requirements-run.lock", RUN)])
def test_a_lock_holds_every_dependency_in_a_version_that_is_asked_for(file: str, asked: list[Requirement]):
    lock = locked(file)
    missing = [
        str(requirement)
        for requirement in asked
        if lock.get(canonicalize_name(requirement.name), ("", ()))[0] not in requirement.specifier
    ]
    assert not missing, STALE


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-run.lock"])
def test_everything_locked_has_its_hashes(file: str):
    assert not [name for name, (_, hashes) in locked(file).items() if not hashes], STALE


def test_what_runs_in_containers_is_what_was_tested():
    everything = locked("requirements.lock")
    assert not [name for name, entry in locked("requirements-run.lock").items() if everything.get(name) != entry], STALE


def test_no_tool_of_development_is_in_the_containers():
    tools = {canonicalize_name(requirement.name) for requirement in DEV}
    assert not tools & locked("requirements-run.lock").keys()
