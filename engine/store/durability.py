"""Refuses a PostgreSQL that may lose or tear what it has acknowledged, unless somebody accepted it by name.

Looked at is the session as commits use it: `synchronous_commit` may be set for a role, a database or a session. Only
`off` acknowledges what is not on this server's disk; `local` and `remote_write` differ from `on` by what a standby
has then, which is for whoever runs standbys to choose.
"""

from collections.abc import Collection, Mapping
from typing import Final

import structlog

from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Connection

_log = structlog.get_logger(__name__)
_SQL: Final = Statements.load(SQL_QUERIES, ".sql")

LOST: Final[Mapping[str, str]] = {
    "fsync": "when its machine crashes, what was acknowledged may be lost and the whole database be damaged",
    "full_page_writes": "when its machine crashes, a page that was half written stays torn",
    "synchronous_commit": "when it crashes, what it acknowledged in the last moments is lost",
}
"""What may be lost while each of these is off."""


class UnsafeDatabase(Exception):
    """PostgreSQL does not keep what it acknowledges; the message says which settings are off, and what to do."""


async def check_durability(connection: Connection, accepted: Collection[str]) -> None:
    """Lets nothing start where one of `LOST` is off for this session and is not in `accepted`.

    Raises:
        UnsafeDatabase: naming all that are.
    """
    row = await (await connection.execute(_SQL["durability"])).fetchone()
    assert row is not None, "settings can always be read"
    off = [name for name in LOST if row[name] == "off"]
    if refused := [name for name in off if name not in accepted]:
        raise UnsafeDatabase(_sentence(refused, off))
    if off:
        _log.warning("postgres.unsafe", off=off)


def _sentence(refused: Collection[str], off: Collection[str]) -> str:
    found = "; ".join(f"{name} is off: {LOST[name]}" for name in refused)
    return (
        f"PostgreSQL is not safe for real work. {found}. Turn {'it' if len(refused) == 1 else 'them'} on, or accept "
        f"it by name: WAYLINE_UNSAFE_POSTGRES={','.join(off)}"
    )
