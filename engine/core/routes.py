"""The canonical form of a version's routes, and its hash: what PostgreSQL keeps and Neo4j is compared with.

The text keeps every number exactly as the designer wrote it; the hash is over the values, so that 1.50 and 1.5, or
the keys of a rule in another order, are no difference.
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from engine.core.journey import Routes
from engine.core.values import canonical, encode

_decoder = msgspec.json.Decoder(Routes, float_hook=Decimal)


def dump(routes: Routes) -> bytes:
    """The routes as JSON text, numbers exact."""
    return encode(routes)


def load(text: bytes | str) -> Routes:
    """The routes of a text that `dump` made.

    Raises:
        ValueError: when it is no such text.
    """
    return _decoder.decode(text)


def digest(routes: Routes) -> str:
    """The SHA-256, in hex, of the routes' canonical form."""
    return hashlib.sha256(canonical(_values(routes))).hexdigest()


def difference(expected: Routes, found: Routes) -> str | None:
    """Where `found` first differs from `expected`, in one sentence; None where they say the same."""
    ours = {route.atom: route for route in expected.routes}
    theirs = {route.atom: route for route in found.routes}
    if missing := next((atom for atom in ours if atom not in theirs), None):
        return f"the route of {missing} is missing"
    if extra := next((atom for atom in theirs if atom not in ours), None):
        return f"there is a route of {extra}, which the version does not have"
    for atom, route in ours.items():
        wanted, given = _values(route), _values(theirs[atom])
        for key in dict.fromkeys([*wanted, *given]):
            if canonical(wanted.get(key)) != canonical(given.get(key)):
                return f"`{key}` of {atom} is {encode(given.get(key)).decode()}, not {encode(wanted.get(key)).decode()}"
    if [*ours] != [*theirs]:
        return "the routes are in another order"
    return None


_LATER: Final[dict[str, Any]] = {
    "rework": False,
    "calls": None,
    "compensated_by": None,
    "skills": (),
    "not_same_as": (),
    "same_as": None,
    "escalates_to": None,
}
"""Fields that came after versions had been published: what they do not say does not count in a hash."""


def _values(value: Any) -> Any:
    return _said(msgspec.to_builtins(value, builtin_types=(Decimal,)))


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        named = cast("dict[str, Any]", value)
        return {key: _said(one) for key, one in named.items() if key not in _LATER or one != _LATER[key]}
    if isinstance(value, list | tuple):
        return [_said(one) for one in cast("Sequence[Any]", value)]
    return value
