"""Pages of lists that go by name: a cursor is the last name of its page, as base64."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from engine.answers import Page
from engine.core.errors import Invalid

_Record = TypeVar("_Record")
_Answer = TypeVar("_Answer")


def name_in(cursor: str | None) -> str | None:
    """The name behind which the page begins; None for the first page.

    Raises:
        Invalid: `cursor_invalid`, when it is no cursor of such a list.
    """
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid("cursor_invalid") from None


def page_of(
    records: Sequence[_Record], limit: int, name: Callable[[_Record], str], answer: Callable[[_Record], _Answer]
) -> Page[_Answer]:
    """The page of at most `limit` records; one record more says that there is another page."""
    more = len(records) > limit
    last = base64.urlsafe_b64encode(name(records[limit - 1]).encode()).decode().rstrip("=") if more else None
    return Page(tuple(map(answer, records[:limit])), last)
