"""Open work of people: the port `Inbox`.

A page has many rows of many columns, most of which go out as they came in: texts, and JSON that nobody here reads. So
rows are tuples in the order of an item's fields, and nothing is made of them that the answer does not need.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

import msgspec
from msgspec import Raw
from psycopg.rows import tuple_row

from engine.answers import Page
from engine.clock_answers import NO_SLA, SlaAnswer
from engine.core.durations import WorkingTime
from engine.core.times import format_time
from engine.inbox_answers import InboxItem
from engine.ports import Order, Whose, WorkFilter
from engine.statements import SQL_QUERIES, Statements
from engine.store import cursors, filters, open_work
from engine.store.connections import Pool, borrowed
from engine.store.sealing import covered

Row = tuple[Any, ...]

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_NAMES: Final = [field.name for field in fields(InboxItem)]
_SHOWN: Final = _NAMES.index("not_for_you")
"""How many columns are fields of an item; what follows them is for the cursor."""
_TIMES: Final = tuple(map(_NAMES.index, ("due_at", "created_at", "started_at")))
_SLA: Final = _NAMES.index("sla")
_INPUT: Final = _NAMES.index("input")
_OUTPUT: Final = _NAMES.index("output")
_CREATED, _PROCESS = map(_NAMES.index, ("created_at", "process"))
_USUAL: Final = len("2026-11-21 06:32:19.866+00")


class _Clock(msgspec.Struct, gc=False):
    """What the list shows of a clock; times are the texts that `engine.core.values.encode` writes."""

    level: str
    state: str
    target_at: str | None
    standing: bool = False
    target_left: timedelta | None = None


_clock: Final = msgspec.json.Decoder(_Clock)


class PostgresInbox:
    """Each answer is one statement, and so one moment; every acknowledged write is in it."""

    def __init__(self, pool: Pool) -> None:
        """Takes connections whose plans are made once."""
        self._pool = pool

    async def page(
        self, whose: Whose, wanted: WorkFilter, order: Order, cursor: str | None, limit: int
    ) -> Page[InboxItem]:
        """In this order, behind the cursor."""
        keyset, chosen = cursors.INBOX[order], open_work.chosen(wanted)
        after = keyset.after(cursor) if cursor is not None else open_work.FIRST
        if whose.nobody:
            return Page(())
        rows = await self._rows(
            open_work.listing(whose, chosen, order),
            {**open_work.sought(whose), **chosen, **after, "limit": limit + 1},
        )
        more = keyset.cursor(_key(rows[limit - 1])) if len(rows) > limit else None
        return Page(tuple(map(_item, rows[:limit])), more)

    async def count(self, whose: Whose, wanted: WorkFilter, most: int) -> int:
        """How many there are, counted to `most`."""
        chosen = open_work.chosen(wanted)
        if whose.nobody:
            return 0
        parameters = {**open_work.sought(whose), **chosen, "limit": most}
        rows = await self._rows(open_work.counting(whose, chosen), parameters)
        return rows[0][0] if rows else 0

    async def performers(self, steps: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[str]]:
        """Who performed these atoms, each given with its process, in their current visit."""
        asked = sorted(set(steps))
        found = {"processes": [process for process, _ in asked], "atoms": [atom for _, atom in asked]}
        return {(row[0], row[1]): row[2] for row in await self._rows(_SQL["performers_of_steps"], found)}

    async def _rows(self, statement: LiteralString, parameters: Mapping[str, Any]) -> Sequence[Row]:
        if not filters.storable(parameters):
            return []
        async with borrowed(self._pool) as connection, connection.cursor(row_factory=tuple_row) as cursor:
            return await (await cursor.execute(statement, parameters)).fetchall()


def _key(row: Row) -> dict[str, Any]:
    """What a cursor is made of."""
    return {
        "urgency": row[_SHOWN],
        "due_order": row[_SHOWN + 2] and datetime.fromisoformat(row[_SHOWN + 2]),
        "created_at": datetime.fromisoformat(row[_CREATED]),
        "process_id": row[_PROCESS],
        "n": row[_SHOWN + 1],
    }


def _item(row: Row) -> InboxItem:
    """A row as the list shows it."""
    values = [*row[:_SHOWN]]
    for place in _TIMES:
        if values[place] is not None:
            values[place] = _time(values[place])
    values[_SLA] = NO_SLA if values[_SLA] is None else _sla(values[_SLA])
    values[_INPUT] = Raw(covered(values[_INPUT]))
    if values[_OUTPUT] is not None:
        values[_OUTPUT] = Raw(covered(values[_OUTPUT]))
    return InboxItem(*values)


def _sla(text: str) -> SlaAnswer:
    """A clock as `engine.clock_answers.sla_answer` has it, with no more read than that."""
    clock = _clock.decode(text)
    at, left = clock.target_at, clock.target_left
    return SlaAnswer(
        clock.state,
        at and f"{at[:19]}{(at[19:-1] + '.000')[:4]}Z",
        clock.level,
        clock.standing,
        None if left is None else str(WorkingTime(span=left)),
    )


def _time(text: str) -> str:
    """RFC 3339 of a time as PostgreSQL writes it in UTC; nearly all have three digits behind the second."""
    if len(text) == _USUAL:
        return f"{text[:10]}T{text[11:23]}Z"
    return format_time(datetime.fromisoformat(text))
