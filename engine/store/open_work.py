"""The statements that find open work of people, put together of the parts in `sql/inbox/open_work.sql`.

There is an arm for each way in which work may be somebody's, and to it come the filters that were asked for and no
others. So each combination has one plan, made once and kept by the connection; a filter that may be null would want a
plan for each value, which costs more than the page. A first page goes on behind the least key there could be, for the
same reason.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final, LiteralString

from engine.ports import Order, Whose, WorkFilter
from engine.statements import SQL_INBOX, Statements
from engine.store import filters

_PARTS: Final = Statements.load(SQL_INBOX, ".sql")
_ARMS: Final = ("users", "roles", "delegators", "asked")
_FILTERS: Final = tuple(field.name for field in fields(WorkFilter))
_URGENCY: Final[Mapping[str, int]] = {"critical": 0, "high": 1, "medium": 2, "low": 3}
_NONE: Final = -1
"""What no priority is."""

FIRST: Final[Mapping[str, Any]] = {"urgency": -1, "due": "-infinity", "at": "-infinity", "id": "", "n": 0}
"""The key before all others, as parameters of `listing`."""


def listing(whose: Whose, chosen: Mapping[str, Any], order: Order) -> LiteralString:
    """The statement that lists this work, with the `chosen` filters and in this order; at most `limit`."""
    return _listing(_arms(whose), frozenset(chosen), order, barred=whose.barred is not None)


def counting(whose: Whose, chosen: Mapping[str, Any]) -> LiteralString:
    """The statement that counts this work, with the `chosen` filters; to `limit`."""
    return _counting(_arms(whose), frozenset(chosen), barred=whose.barred is not None)


def sought(whose: Whose) -> dict[str, Any]:
    """The parameters that say whose work it is."""
    return {arm: sorted(getattr(whose, arm)) for arm in _ARMS} | {"barred": whose.barred}


def chosen(wanted: WorkFilter) -> dict[str, Any]:
    """The filters that are asked for: each a part of the statement, and its parameter."""
    given = {name: value for name in _FILTERS if (value := getattr(wanted, name)) is not None}
    if "priority" in given:
        given["priority"] = _URGENCY.get(given["priority"], _NONE)
    if "q" in given:
        given["q"] = filters.containing(given["q"])
    return given


@lru_cache(256)
def _listing(arms: frozenset[str], chosen: frozenset[str], order: Order, *, barred: bool) -> LiteralString:
    sort, most = _PARTS[f"by_{order}"], _PARTS["most"]
    found = _found(arms, chosen, order, after=True, barred=barred)
    return f"{_PARTS['nearest']} {found} {sort} {most} {_PARTS['shown']} {sort}"


@lru_cache(256)
def _counting(arms: frozenset[str], chosen: frozenset[str], *, barred: bool) -> LiteralString:
    # In an order that an index has: another one would lead past all the work that was ever done.
    found = _found(arms, chosen, "urgency", after=False, barred=barred)
    return f"{_PARTS['counted']} {found} {_PARTS['most']} {_PARTS['in_all']}"


def _found(arms: frozenset[str], chosen: frozenset[str], order: Order, *, after: bool, barred: bool) -> LiteralString:
    narrowed = " ".join(_PARTS[name] for name in _PARTS if name in chosen)
    levels: LiteralString = _PARTS["levels"] if order == "due" else ""
    columns = _PARTS["walk_by_age" if order == "age" else "walk"]
    walks: list[LiteralString] = []
    for arm in _ARMS:
        if arm in arms:
            walked = f"{order}_of_few" if order == "age" and arm != "roles" else order
            behind: LiteralString = _PARTS[f"after_{walked}"] if after else ""
            sort = _PARTS[f"by_{walked}"]
            sifted: LiteralString = _PARTS["unbarred"] if barred and arm == "roles" else ""
            walk = f"{_PARTS[arm]} {levels} {columns} {_PARTS[f'of_{arm}']} {narrowed} {behind} {sort}"
            walks.append(f"{walk} ) AS t {sifted} {sort} {_PARTS['most']} ) AS t")
    all_of_them: LiteralString = " UNION ALL ".join(walks)
    return f"{all_of_them} ) AS t"


def _arms(whose: Whose) -> frozenset[str]:
    return frozenset(arm for arm in _ARMS if getattr(whose, arm))
