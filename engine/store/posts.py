"""Commands that processes post, between the core's values and their rows."""

import re
from decimal import Decimal
from typing import Any, Final, get_args

import msgspec

from engine.core.commands import Crossing
from engine.ports import Pending


def kind_of(command: Crossing) -> str:
    """What a command is called in its row: the name of its class in small letters, `hear_child`."""
    return _kind(type(command))


def read_pending(text: str) -> list[Pending]:
    """The posted commands that `load_markings` gives as JSON text; numbers keep their digits."""
    return [
        Pending(
            id=row.id,
            process=row.process_id,
            sender=row.from_process_id,
            command=_commands[row.kind].decode(row.payload),
            calls=row.calls,
            correlation_id=row.correlation_id,
            put_off=row.put_off,
        )
        for row in _rows.decode(text)
    ]


class _Row(msgspec.Struct):
    id: int
    process_id: str
    from_process_id: str
    kind: str
    payload: msgspec.Raw
    calls: str | None
    correlation_id: str | None
    put_off: bool


def _kind(command: type[Any]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", command.__name__).lower()


_rows: Final = msgspec.json.Decoder(list[_Row])
_commands: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    _kind(command): msgspec.json.Decoder(command, float_hook=Decimal) for command in get_args(Crossing)
}
