"""Sensitive values at rest: sealed where they are written, opened where the engine reads them, covered for all else.

::

    {"ssn": "078-05-1120"}                     as it is in memory
      │ seal          ▲ opened, with a key
      ▼               │
    {"ssn": {"$sealed": "1f3a07….gAAAAAB…"}}   as it is in the database
      │ covered, without any key
      ▼
    {"ssn": {"$sensitive": true}}              for all who may not see it

A sealed value is a Fernet token (AES-128-CBC, HMAC-SHA256) behind the id of its key. It is a JSON value in the place of
another one, so that what is read of a table shows by itself what in it is sensitive. JSON columns come covered unless
they are read for somebody who may see them. In a text an object begins with `{"`, which inside of a JSON string could
only stand as `{\\"`: a token is found by its spelling, without reading the JSON around it. No value that comes in has
the name `$sealed` (`engine.core.values.KEPT_NAMES`).
"""

import binascii
import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow
from psycopg.types.json import set_json_loads

from engine.core.covering import COVERED
from engine.core.values import decode, encode
from engine.settings import Settings, SettingsError
from engine.statements import SQL_QUERIES, Statements

KEY_BYTES: Final = 32
_SQL: Final = Statements.load(SQL_QUERIES, ".sql")
_SEALED: Final = '"$sealed"'
_TOKEN: Final = re.compile(r'\{\s*"\$sealed"\s*:\s*"([0-9a-f]{16})\.([A-Za-z0-9_=-]+)"\s*\}')
_MARKER: Final = encode(COVERED).decode()
_PADDED: Final = 32
"""Texts are filled up to a multiple of so many bytes, so that their length tells little."""


class KeysMissing(Exception):
    """The database holds values that were sealed with keys which this installation does not have."""


class SealBroken(RuntimeError):
    """A sealed value that cannot be opened: its key is not there, or somebody changed it."""


class Keys:
    """The keys of an installation: the first one seals, all open."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Takes keys of 32 bytes as base64, at least one.

        Raises:
            ValueError: where one is none; its text is not told.
        """
        raw = [read_key(key) for key in keys]
        self._open: Mapping[str, Fernet] = {key_id(key): Fernet(urlsafe_b64encode(key)) for key in raw}
        self.ids: Final = tuple(self._open)
        self._first: Final = self._open[self.ids[0]]

    def hidden(self, value: Any) -> dict[str, str]:
        """What stands in the place of a value."""
        text = encode(value)
        padded = text.ljust(-(-len(text) // _PADDED) * _PADDED)
        # At no time: the time of a seal is nobody's business, and events have their own.
        return {"$sealed": f"{self.ids[0]}.{self._first.encrypt_at_time(padded, 0).decode()}"}

    def sealed(self, text: bytes | str) -> str:
        """The JSON text that stands in the place of another text."""
        return encode(self.hidden(text if isinstance(text, str) else text.decode())).decode()

    def opened(self, text: str) -> str:
        """A JSON text with every sealed value in its place.

        Raises:
            SealBroken: where one cannot be opened.
        """
        return _TOKEN.sub(self._value, text) if _holds_some(text) else text

    def decode(self, data: bytes | str) -> Any:
        """The value of a JSON column for who may see it."""
        return decode(self.opened(data if isinstance(data, str) else data.decode()))

    def _value(self, found: re.Match[str]) -> str:
        key = self._open.get(found[1])
        if key is None:
            raise SealBroken(f"a value was sealed with key {found[1]}, which is not among those of this installation")
        try:
            return key.decrypt(found[2]).rstrip(b" ").decode()
        except InvalidToken as error:
            raise SealBroken(f"a value that was sealed with key {found[1]} has been changed") from error


def opened(text: str, keys: Keys | None) -> str:
    """A JSON text with every sealed value in its place; without keys there may be none.

    Raises:
        SealBroken: where there is one.
    """
    if not _holds_some(text):
        return text
    if keys is None:
        raise SealBroken("a value was sealed, and this installation has no keys")
    return keys.opened(text)


def covered(text: str) -> str:
    """A JSON text with the marker in the place of every sealed value."""
    return _TOKEN.sub(_MARKER, text) if _holds_some(text) else text


def decode_covered(data: bytes | str) -> Any:
    """The value of a JSON column with the marker in the place of every sealed value."""
    if isinstance(data, str):
        return decode(covered(data))
    return decode(covered(data.decode()) if b"$" in data else data)


def _holds_some(text: str) -> bool:
    """Whether there may be something sealed in a text; where it has no `$`, that is told in a fraction of the time."""
    return "$" in text and _SEALED in text


def text_sealed(text: str, keys: Keys | None) -> str:
    """A text of a column that is no JSON, sealed where there are keys."""
    return text if keys is None else keys.sealed(text)


def text_opened(text: str, keys: Keys | None) -> str:
    """The text that `text_sealed` was given."""
    return decode(opened(text, keys)) if text.startswith("{" + _SEALED) else text


def value_sealed(value: Any, keys: Keys | None) -> Any:
    """A value to be kept as JSON, sealed as a whole where there are keys."""
    return value if keys is None else keys.hidden(value)


def read_key(text: str) -> bytes:
    """The 32 bytes of a key in base64, of either alphabet.

    Raises:
        ValueError: where it is none.
    """
    try:
        key = urlsafe_b64decode(text.strip().replace("+", "-").replace("/", "_"))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key is {KEY_BYTES} random bytes in base64, as `openssl rand -base64 32` draws them")
    return key


def key_id(key: bytes) -> str:
    """What a key is called: 16 hexadecimal digits, from which nothing can be learned of it."""
    return hashlib.sha256(b"wayline sealing key\n" + key).hexdigest()[:16]


def show_to_reader(cursor: AsyncCursor[Any], keys: Keys | None) -> None:
    """Makes the JSON columns that this cursor reads come opened: for the engine, or for somebody who may see them."""
    if keys is not None:
        set_json_loads(keys.decode, cursor)


def _as_it_is(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


def as_they_are(cursor: AsyncCursor[Any]) -> None:
    """Makes the JSON columns that this cursor reads come as bytes, until it is known who may see what: `shown_in`."""
    set_json_loads(_as_it_is, cursor)


def shown_in(row: Mapping[str, Any], keys: Keys | None, *, clear: bool) -> dict[str, Any]:
    """A row that was read `as_they_are`, its JSON opened where the reader may see it (`clear`), else covered."""
    load = keys.decode if keys is not None and clear else decode_covered
    return {name: load(value) if isinstance(value, bytes) else value for name, value in row.items()}


def keys_of(settings: Settings) -> Keys | None:
    """The keys that are set; None where none are.

    Raises:
        SettingsError: where one is no key.
    """
    given = settings.read_sensitive_keys()
    try:
        return Keys(given) if given else None
    except ValueError as error:
        raise SettingsError(f"WAYLINE_SENSITIVE_KEYS: {error}") from error


async def check_keys(connection: AsyncConnection[DictRow], keys: Keys | None) -> None:
    """Notes the key that seals from now on, and makes sure that all which ever did are there.

    Raises:
        KeysMissing: naming the ids of those that are not.
    """
    known = keys.ids if keys else ()
    rows = await (await connection.execute(_SQL["sealing_keys"])).fetchall()
    if missing := sorted({row["id"] for row in rows}.difference(known)):
        raise KeysMissing(
            f"This database holds sensitive values sealed with key {', '.join(missing)}; name it, too, in "
            f"WAYLINE_SENSITIVE_KEYS. Without it they cannot be read by anybody."
        )
    if keys and keys.ids[0] not in {row["id"] for row in rows}:
        await connection.execute(_SQL["note_sealing_key"], {"id": keys.ids[0]})
