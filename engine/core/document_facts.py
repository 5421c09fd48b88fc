"""Facts about the documents of a case (`engine.core.documents`)."""

from typing import ClassVar

from engine.core.facts import Fact, Severity
from engine.core.task_facts import Link


class DocumentFact(Fact, frozen=True):
    """A fact about one version of a document of the case; versions count from 1."""

    document: str
    version: int


class DocumentReceived(DocumentFact, frozen=True):
    """Links to the document came, in the place of those of the version before.

    `task` is the number of the open task that it came with; `atom` and `visit` say what it came for.
    """

    name: ClassVar[str] = "document.received"
    links: tuple[Link, ...]
    atom: str | None = None
    visit: int | None = None
    task: int | None = None
    note: str | None = None


class DocumentAccepted(DocumentFact, frozen=True):
    """Somebody looked at it and it is right."""

    name: ClassVar[str] = "document.accepted"
    note: str | None = None


class DocumentRefused(DocumentFact, frozen=True):
    """Somebody looked at it and it is not right, for this reason."""

    name: ClassVar[str] = "document.refused"
    severity: ClassVar[Severity] = "warning"
    reason: str
