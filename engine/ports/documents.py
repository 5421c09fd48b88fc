"""What is kept of the documents of cases, for people; decisions read what they need in the marking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.core.process import DocumentState
from engine.core.task_facts import Link


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One version of a document of a case, with what became of it; `judged_for` is the reason, or a note beside it."""

    document: str
    version: int
    state: DocumentState
    since: datetime
    links: tuple[Link, ...]
    note: str | None
    atom: str | None
    visit: int | None
    received_by: str
    received_at: datetime
    judged_by: str | None
    judged_for: str | None


class Documents(Protocol):
    """The versions that came."""

    async def versions(self, process: str, most: int) -> Sequence[DocumentVersion]:
        """Those of a process, at most `most` of each document, newest first."""
        ...
