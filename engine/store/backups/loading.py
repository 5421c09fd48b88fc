"""Loads the rows of a dump: its script is `COPY … FROM stdin;` and lines up to `\\.`, with SQL between."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Final

from engine.store.backups.archive import BackupError
from engine.store.connections import Connection

_COPY: Final = re.compile(rb'COPY (?:\S+\.)?(?P<table>"(?:[^"]|"")+"|[^\s".]+) \(.*\) FROM stdin;')
_END: Final = b"\\."


async def load_rows(
    connection: Connection, script: AsyncIterable[bytes], progress: Callable[[int], None]
) -> dict[str, int]:
    """Runs the script; gives how many rows each table got. `progress` is told how many rows there are so far."""
    lines = _Lines(script)
    loaded: dict[str, int] = {}
    statements: list[bytes] = []
    total = 0
    async for line in lines.one_by_one():
        if found := _COPY.fullmatch(line):
            await _execute(connection, statements)
            async with connection.cursor() as cursor:
                async with cursor.copy(line) as copy:
                    async for block in lines.up_to_end():
                        await copy.write(block)
                        total += block.count(b"\n")
                        progress(total)
                loaded[_name(found["table"])] = cursor.rowcount
        elif not line.startswith(b"\\"):
            statements.append(line)
    await _execute(connection, statements)
    return loaded


def _name(written: bytes) -> str:
    """A table's name as it is, where the script may write it in quotes."""
    return written.decode().removeprefix('"').removesuffix('"').replace('""', '"')


async def _execute(connection: Connection, statements: list[bytes]) -> None:
    if statements:
        await connection.execute(b"\n".join(statements))
        statements.clear()


class _Lines:
    """A stream in pieces, read as lines, or as whole blocks where only the end is looked for."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = aiter(pieces)
        self._held = b""

    async def one_by_one(self) -> AsyncIterator[bytes]:
        """Lines without their ends, until the stream ends; others may read from it between two of them."""
        while True:
            line, end, rest = self._held.partition(b"\n")
            if end:
                self._held = rest
                yield line
            elif not await self._more():
                if self._held:
                    yield self._held
                return

    async def up_to_end(self) -> AsyncIterator[bytes]:
        r"""Blocks of whole lines up to the line `\.`, which is read and not given.

        No row can be that line: COPY writes a backslash as two.
        """
        while True:
            whole, end, rest = self._held.rpartition(b"\n")
            if not end:
                if not await self._more():
                    raise BackupError("The dump ends within a table.")
                continue
            block = b"\n" + whole + b"\n"
            place = block.find(b"\n" + _END + b"\n")
            if place >= 0:
                self._held = block[place + len(_END) + 2 :] + rest
                if place:
                    yield block[1 : place + 1]
                return
            self._held = rest
            yield block[1:]
            await self._more()

    async def _more(self) -> bool:
        piece = await anext(self._pieces, None)
        if piece is None:
            return False
        self._held += piece
        return True
