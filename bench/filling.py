"""Many active processes: one that the engine started is the pattern, and set-wise SQL writes its rows again.

Started over HTTP a million of them would take an hour. What is written differs from the pattern in the id and the
business key alone, so all of them stand at the same atom since the same moment.
Remembered answers are not written again: how many there are goes by the day, not by the processes.
"""

from collections.abc import Callable
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

_TABLES: Final = (
    "process_instances",
    "business_keys",
    "steps",
    "tasks",
    "task_assignments",
    "watches",
    "work",
    "timers",
    "waits",
    "process_events",
)
"""Where a process has rows, what others refer to before these."""
_TOGETHER: Final = 10_000
"""Processes of one transaction."""
_COLUMNS: Final[LiteralString] = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema AND table_name = %s
    AND is_generated = 'NEVER' AND is_identity = 'NO' AND column_name <> 'xid'
ORDER BY ordinal_position
"""
_SIZE: Final[LiteralString] = """
SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
FROM unnest(%s::text[]) AS named, pg_partition_tree(named::regclass)
"""

Connection = psycopg.Connection[tuple[Any, ...]]


class Pattern:
    """A process whose rows are written again, `business_key` being its own."""

    def __init__(self, connection: Connection, process: str, business_key: str) -> None:
        self._connection = connection
        self._process = process
        self._key = business_key
        self._copies = [copy for table in _TABLES if (copy := self._copy(table))]

    def multiply(self, processes: int, say: Callable[[str], None]) -> int:
        """Writes so many more and gathers statistics; gives the bytes of each in PostgreSQL, indexes included."""
        self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS fresh (id text, business_key text)")
        self._vacuum()
        before = self._size()
        for begun in range(0, processes, _TOGETHER):
            self._write(min(_TOGETHER, processes - begun))
            say(f"{min(begun + _TOGETHER, processes):,} of {processes:,} processes written")
        self._vacuum()
        return round((self._size() - before) / processes)

    def _write(self, number: int) -> None:
        with self._connection.transaction():
            self._connection.execute("TRUNCATE fresh")
            self._connection.execute(
                "INSERT INTO fresh SELECT id, 'filled-' || id FROM"
                " (SELECT uuidv7()::text AS id FROM generate_series(1, %s))",
                (number,),
            )
            for copy in self._copies:
                self._connection.execute(copy, {"process": self._process, "key": self._key})

    def _copy(self, table: str) -> sql.Composed | None:
        """The statement that writes the pattern's rows of a table once for each row of `fresh`; None without any."""
        name = sql.Identifier(table)
        own = sql.Identifier("id" if table == "process_instances" else "process_id")
        columns = self._connection.execute(_COLUMNS, (table,)).fetchall()
        given = {"process": self._process, "key": self._key}
        tests = [sql.SQL("count(*)")] + [
            sql.SQL("bool_or(strpos({0}::text, %(process)s) > 0 OR strpos({0}::text, %(key)s) > 0)").format(
                sql.Identifier(column)
            )
            for column, _ in columns
        ]
        asked = sql.SQL("SELECT {} FROM {} WHERE {} = %(process)s").format(sql.SQL(", ").join(tests), name, own)
        found = self._connection.execute(asked, given).fetchone()
        assert found, "an aggregate has a row"
        if not found[0]:
            return None
        changed = sql.SQL("replace(replace(p.{0}::text, %(process)s, f.id), %(key)s, f.business_key)::{1}")
        values = [
            changed.format(sql.Identifier(column), sql.SQL(type))
            if own_of
            else sql.SQL("p.{}").format(sql.Identifier(column))
            for (column, type), own_of in zip(columns, found[1:], strict=True)
        ]
        return sql.SQL(
            "INSERT INTO {} ({}) SELECT {} FROM {} AS p CROSS JOIN fresh AS f WHERE p.{} = %(process)s"
        ).format(
            name,
            sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
            sql.SQL(", ").join(values),
            name,
            own,
        )

    def _size(self) -> int:
        row = self._connection.execute(_SIZE, (list(_TABLES),)).fetchone()
        assert row, "an aggregate has a row"
        return int(row[0])

    def _vacuum(self) -> None:
        for table in _TABLES:
            self._connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
