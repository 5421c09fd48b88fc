"""Ids. Of what belongs to a process they are `{process}.{n}`: any command finds its process without a look-up."""

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERED: Final = re.compile(r"(?P<process>[0-9A-Za-z-]{1,64})\.(?P<n>[1-9][0-9]{0,8})")


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID as the engine writes them."""
    return _UUID.fullmatch(text) is not None


_BREACH: Final = re.compile(r"(?P<process>[0-9A-Za-z-]{1,64})\.(?P<watch>w?)(?P<n>[1-9][0-9]{0,8})")


def numbered(process: str, n: int) -> str:
    """The id of the task, or incident, number `n` of a process."""
    return f"{process}.{n}"


def split(id: str) -> tuple[str, int] | None:
    """The process and the number that `id` names; None where it is no such id."""
    match = _NUMBERED.fullmatch(id)
    return (match["process"], int(match["n"])) if match else None


def breach_id(process: str, n: int, *, of_task: bool) -> str:
    """The id of a breach: of a task it is the task's, of the watch number `n` of a process `{process}.w{n}`."""
    return numbered(process, n) if of_task else f"{process}.w{n}"


def split_breach(id: str) -> tuple[str, int, bool] | None:
    """The process, the number, and whether it is of a task, that the id of a breach names; None where it is none."""
    match = _BREACH.fullmatch(id)
    return (match["process"], int(match["n"]), not match["watch"]) if match else None
