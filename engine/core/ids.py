"""Ids. Of what belongs to a process they are `{process}.{n}`: any command finds its process without a look-up."""

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERED: Final = re.compile(r"(?P<process>[0-9A-Za-z-]{1,64})\.(?P<n>[1-9][0-9]{0,8})")


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID as the engine writes them."""
    return _UUID.fullmatch(text) is not None


def numbered(process: str, n: int) -> str:
    """The id of the task, or incident, number `n` of a process."""
    return f"{process}.{n}"


def split(id: str) -> tuple[str, int] | None:
    """The process and the number that `id` names; None where it is no such id."""
    match = _NUMBERED.fullmatch(id)
    return (match["process"], int(match["n"])) if match else None
