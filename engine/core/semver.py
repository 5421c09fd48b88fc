"""The order of semantic versions (semver.org 2.0.0, section 11)."""

from collections.abc import Iterable

Precedence = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def precedence(version: str) -> Precedence:
    """A key that sorts versions as semver does: numbers by value, a pre-release before its release.

    Raises:
        ValueError: when it is no semantic version.
    """
    core, _, pre = version.partition("+")[0].partition("-")
    major, minor, patch = (int(number) for number in core.split("."))
    parts = tuple(_identifier(part) for part in pre.split(".")) if pre else ()
    return major, minor, patch, not pre, parts


def latest(versions: Iterable[str]) -> str | None:
    """The highest release; where there is none, the highest pre-release; None of nothing."""
    known = [*versions]
    return max(known, key=lambda version: (_released(version), precedence(version)), default=None)


def _released(version: str) -> bool:
    return "-" not in version.partition("+")[0]


def _identifier(part: str) -> tuple[bool, int, str]:
    return (False, int(part), "") if part.isdecimal() else (True, 0, part)
