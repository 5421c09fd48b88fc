r"""The script of a dump in pieces of any size: every row goes to its table, whatever it holds, up to the line `\.`."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from engine.store.backups import BackupError
from engine.store.backups.loading import load_rows
from engine.store.migrations import connect
from tests.engine.store.backups.conftest import SETTINGS

TEXTS = ["\\.", "a\nb", "\\", "tab\tand \\N", "COPY t (text) FROM stdin;", "x" * 5000, ""]


def dumped(url: str) -> bytes:
    """A script as pg_restore writes it: two tables, one of them empty and with a name in quotes."""
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        connection.execute('CREATE TABLE t (text text); CREATE TABLE "a ""b""" (n integer)')
        with cursor.copy("COPY t (text) FROM STDIN") as copy:
            for text in TEXTS:
                copy.write_row([text])
        with cursor.copy("COPY t (text) TO STDOUT") as copy:
            rows = b"".join(bytes(row) for row in copy)
        connection.execute("TRUNCATE t")
    return (
        b"\\restrict x\nSET client_encoding = 'UTF8';\n\nCOPY public.t (text) FROM stdin;\n" + rows + b"\\.\n\n"
        b'COPY public."a ""b""" (n) FROM stdin;\n\\.\n\nSELECT 1;\n\\unrestrict x\n'
    )


async def in_pieces(script: bytes, size: int) -> AsyncIterator[bytes]:
    for place in range(0, len(script), size):
        yield script[place : place + size]


@pytest.mark.parametrize("size", [1, 3, 100_000])
async def test_rows_come_back_as_they_were(empty_postgres_url: str, size: int) -> None:
    script = dumped(empty_postgres_url)
    told: list[int] = []
    async with await connect(empty_postgres_url, SETTINGS) as connection:
        assert await load_rows(connection, in_pieces(script, size), told.append) == {"t": len(TEXTS), 'a "b"': 0}
        rows = await (await connection.execute("SELECT text FROM t")).fetchall()
    assert [row["text"] for row in rows] == TEXTS
    assert told[-1] == len(TEXTS)


async def test_a_script_that_ends_within_a_table_is_refused(empty_postgres_url: str) -> None:
    script = dumped(empty_postgres_url)
    async with await connect(empty_postgres_url, SETTINGS) as connection:
        with pytest.raises(BackupError, match="ends within a table"):
            await load_rows(connection, in_pieces(script[:100], 10), lambda rows: None)
