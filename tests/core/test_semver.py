"""The order of versions is that of semver.org, section 11."""

import pytest

from engine.core.semver import highest, latest, precedence

IN_ORDER = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
    "2.0.0",
]


def test_versions_sort_as_semver_says():
    assert sorted(IN_ORDER, key=precedence) == IN_ORDER


def test_build_metadata_make_no_difference():
    assert precedence("1.0.0+5") == precedence("1.0.0+6")


def test_a_release_goes_before_a_later_pre_release():
    assert latest(["1.9.0", "1.10.0", "2.0.0-rc.1"]) == "1.10.0"


def test_without_a_release_the_highest_pre_release_is_the_latest():
    assert latest(["1.0.0-rc.1", "1.0.0-alpha"]) == "1.0.0-rc.1"
    assert latest([]) is None


VERSIONS = ["0.0.3", "0.0.4", "0.3.0", "0.3.9", "0.4.0", "1.1.9", "1.2.0", "1.10.0", "1.11.0-rc.1", "2.0.0"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("^1.2", "1.10.0"),
        ("^1", "1.10.0"),
        ("^1.10.0", "1.10.0"),
        ("^1.10.1", None),
        ("^1.11", None),
        ("^2", "2.0.0"),
        ("^3", None),
        ("^0.3", "0.3.9"),
        ("^0.3.1", "0.3.9"),
        ("^0.5", None),
        ("^0", "0.4.0"),
        ("^0.0", "0.0.4"),
        ("^0.0.3", "0.0.3"),
        ("1.2.0", "1.2.0"),
        ("1.11.0-rc.1", "1.11.0-rc.1"),
        ("1.3.0", None),
    ],
)
def test_the_highest_version_of_a_range_is_found(wanted: str, found: str | None):
    """R15: a range is pinned to one version."""
    assert highest(wanted, VERSIONS) == found
    assert highest(wanted, reversed(VERSIONS)) == found
