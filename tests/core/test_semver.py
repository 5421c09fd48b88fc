"""The order of versions is that of semver.org, section 11."""

from engine.core.semver import latest, precedence

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
