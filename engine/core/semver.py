"""The order of semantic versions (semver.org 2.0.0, section 11), and ranges of them: `^1.2`, or exactly `1.2.0`."""

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


def highest(wanted: str, versions: Iterable[str]) -> str | None:
    """The highest of `versions` in the range `wanted`; None where there is none.

    `^1.2` is every release from 1.2.0 that keeps its first number, or of `0.…` the first that is not zero (`^0.3` and
    `^0.3.1` stay within 0.3, `^0` within 0). Anything else is exactly that version.

    Raises:
        ValueError: when a version is none, or what follows `^` is not one to three numbers.
    """
    known = [*versions]
    if not wanted.startswith("^"):
        return wanted if wanted in known else None
    given = [int(number) for number in wanted[1:].split(".")]
    least = ".".join(str(number) for number in (*given, 0, 0)[:3])
    kept = next((place for place, number in enumerate(given) if number), len(given) - 1) + 1
    inside = [
        version
        for version in known
        if _released(version)
        and precedence(version) >= precedence(least)
        and list(precedence(version)[:kept]) == given[:kept]
    ]
    return max(inside, key=precedence, default=None)


def _released(version: str) -> bool:
    return "-" not in version.partition("+")[0]


def _identifier(part: str) -> tuple[bool, int, str]:
    return (False, int(part), "") if part.isdecimal() else (True, 0, part)
