"""A breach storm: very many open tasks whose targets come at the same moment, and how long until each is noted.

The tasks stand there before, written after the pattern of one that the engine started; their time comes when the clock
of the database is moved on.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final, LiteralString

import psycopg

from bench.filling import Pattern

_AHEAD: Final[LiteralString] = (
    "SELECT count(*) FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id "
    "WHERE t.sla_next_at > wayline_now() AND p.journey = 'bench-late'"
)
_DUE: Final[LiteralString] = "SELECT EXISTS (SELECT FROM tasks WHERE sla_next_at <= wayline_now())"
_BREAK: Final[LiteralString] = "SELECT wayline_advance_clock(wayline_now() + interval '1 hour')"
"""Longer than the target of `bench-late`; several storms are shorter than the usual service levels of all others."""
_LOOK: Final = 0.1
_PATIENCE: Final = 600.0

Connection = psycopg.Connection[tuple[Any, ...]]


class StormStays(Exception):
    """Marks are left that nobody notes."""


class Storm:
    """The marks of `database_url`, to be passed all at once."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._took: float | None = None
        self._looking: threading.Thread | None = None

    def gather(self, tasks: int, start: Callable[[str], str], say: Callable[[str], None]) -> None:
        """Sees to it that the marks of so many tasks are ahead; `start` begins a case of a business key."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            missing = tasks - _number(connection, _AHEAD)
            if missing > 0:
                key = f"late-{time.monotonic_ns()}"
                Pattern(connection, start(key), key).multiply(missing - 1, say)

    def breaks(self) -> None:
        """From now on all of them are due; looks until none is."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            connection.execute(_BREAK)
        self._looking = threading.Thread(target=self._look, args=(time.monotonic(),), daemon=True)
        self._looking.start()

    def calms(self) -> float:
        """Waits until every mark is noted; gives the seconds that took since they came.

        Raises:
            StormStays: when some are left after ten minutes.
        """
        assert self._looking, "it has broken"
        self._looking.join()
        if self._took is None:
            raise StormStays(f"marks are left {_PATIENCE:g} s after their moment")
        return self._took

    def _look(self, began: float) -> None:
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            while (took := time.monotonic() - began) < _PATIENCE:
                if not _number(connection, _DUE):
                    self._took = took
                    return
                time.sleep(_LOOK)


def _number(connection: Connection, statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    assert row, "it has one row"
    return int(row[0])
