"""How findings speak of values and choices."""

from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from typing import Any

_LONGEST = 60
_MOST_LOOKED_AT = 3000
_MOST_COMPARED = 100


def shown(value: Any) -> str:
    """A value as a designer would call it: `the text \\`urgent\\``, `the number 5`, `a list`, `nothing`."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | Decimal():
            return f"the number {short(str(value))}"
        case str():
            return f"the text `{short(value)}`" if value.strip() else "an empty text"
        case list():
            return "a list" if value else "an empty list"
        case _:
            return "an object"


def short(text: str) -> str:
    """A text in one line and at most 60 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names as `a`, `b` and `c`; beyond `most` only how many more there are."""
    quoted = [f"`{short(name)}`" for name in names]
    if len(quoted) > most:
        return f"{', '.join(quoted[:most])} and {len(quoted) - most} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, if one is near."""
    others = list(islice(known, _MOST_LOOKED_AT))
    if len(others) > _MOST_COMPARED:  # comparing is slow: of very many, those that begin or end alike
        others = [other for other in others if other[:2] == name[:2] or other[-3:] == name[-3:]][:_MOST_COMPARED]
    plain = {other.lower().replace("-", "_"): other for other in others}
    found = get_close_matches(name[:200].lower().replace("-", "_"), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """A fix that names the nearest known name, else `otherwise`."""
    near = nearest(name, known)
    return f"Did you mean `{near}`? {otherwise}" if near else otherwise


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def a(noun: str) -> str:
    """A noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
