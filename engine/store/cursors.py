"""Opaque cursors: the key of a page's last row, as base64 of JSON, marked with the list it belongs to."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec

from engine.answers import Page
from engine.core.errors import Invalid
from engine.ports import Order

_T = TypeVar("_T")
_K = TypeVar("_K", bound=tuple[Any, ...])


class Keyset(Generic[_K]):
    """How one list is paged: `columns` are its order, of the types in the tuple `key` (behind the list's mark)."""

    def __init__(self, key: type[_K], mark: str, *columns: tuple[str, str]) -> None:
        self._decoder = msgspec.json.Decoder(key)
        self._mark = mark
        self._columns = columns

    def after(self, cursor: str | None) -> dict[str, Any]:
        """The parameters that let a statement go on behind `cursor`; nulls for the first page.

        Raises:
            Invalid: `cursor_invalid`, when it is not one of this list.
        """
        if cursor is None:
            return {parameter: None for _, parameter in self._columns}
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            values = self._decoder.decode(text)[1:]
        except (binascii.Error, ValueError):
            raise Invalid("cursor_invalid") from None
        return {parameter: value for (_, parameter), value in zip(self._columns, values, strict=True)}

    def page(
        self, rows: Sequence[Mapping[str, Any]], limit: int, answer: Callable[[Mapping[str, Any]], _T]
    ) -> Page[_T]:
        """The page of at most `limit` rows; one row more says that there is another page."""
        shown = rows[:limit]
        more = len(rows) > limit
        return Page(tuple(map(answer, shown)), self.cursor(shown[-1]) if more else None)

    def cursor(self, row: Mapping[str, Any]) -> str:
        """What lets a statement go on behind `row`."""
        text = msgspec.json.encode([self._mark, *(row[column] for column, _ in self._columns)])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")


_Id = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z-]{1,64}$")]
_N = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]

NEWEST_PROCESSES: Final = Keyset(
    tuple[Literal["processes"], datetime, _Id], "processes", ("started_at", "at"), ("id", "id")
)
ACTIVE_PROCESSES: Final = Keyset(tuple[Literal["active"], datetime, _Id], "active", ("started_at", "at"), ("id", "id"))
HISTORY: Final = Keyset(tuple[Literal["history"], _N], "history", ("seq", "seq"))
ASSIGNMENTS: Final = Keyset(tuple[Literal["assignments"], _N], "assignments", ("seq", "seq"))
NEWEST_TASKS: Final = Keyset(
    tuple[Literal["tasks"], datetime, _Id, _N], "tasks", ("created_at", "at"), ("process_id", "id"), ("n", "n")
)
_URGENCY: Final = ("urgency", "urgency")
_DUE: Final = ("due_order", "due")
_TASK: Final = (("created_at", "at"), ("process_id", "id"), ("n", "n"))
INBOX: Final[Mapping[Order, Keyset[Any]]] = {
    "urgency": Keyset(tuple[Literal["inbox"], _N, datetime | None, datetime, _Id, _N], "inbox", _URGENCY, _DUE, *_TASK),
    "due": Keyset(
        tuple[Literal["inbox-due"], datetime | None, _N, datetime, _Id, _N], "inbox-due", _DUE, _URGENCY, *_TASK
    ),
    "priority": Keyset(tuple[Literal["inbox-priority"], _N, datetime, _Id, _N], "inbox-priority", _URGENCY, *_TASK),
    "age": Keyset(tuple[Literal["inbox-age"], datetime, _Id, _N], "inbox-age", *_TASK),
}
_Uuid = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
NEWEST_NOTIFICATIONS: Final = Keyset(
    tuple[Literal["notifications"], datetime, _Uuid], "notifications", ("at", "after"), ("id", "id")
)
NEWEST_DELIVERIES: Final = Keyset(
    tuple[Literal["deliveries"], datetime, _Uuid], "deliveries", ("created_at", "after"), ("id", "id")
)
NEWEST_INCIDENTS: Final = Keyset(
    tuple[Literal["incidents"], datetime, _Id, _N], "incidents", ("raised_at", "at"), ("process_id", "id"), ("n", "n")
)
NEWEST_BREACHES: Final = Keyset(
    tuple[Literal["breaches"], datetime, _Id, _N, bool],
    "breaches",
    ("breached_at", "at"),
    ("process_id", "id"),
    ("n", "n"),
    ("of_task", "task"),
)
