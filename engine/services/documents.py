"""The documents of a case: what there is of each, who brought and judged it, and what waits for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.answers import Page, TaskDocument
from engine.commit import Answer, Commits
from engine.core.decision import Decision
from engine.core.documents import (
    AcceptDocument,
    DocumentCommand,
    ReceiveDocument,
    RefuseDocument,
    came_earlier,
    document_name,
    lacking,
    movers,
    standing,
)
from engine.core.ids import numbered
from engine.core.journey import Journey, Named
from engine.core.process import Process
from engine.core.task_facts import Link
from engine.core.times import format_time
from engine.journeys import Journeys
from engine.ports import Documents, DocumentVersion, ProcessRow, Reads
from engine.services.calls import Call, Shape
from engine.services.unknown import no_process

MOST_VERSIONS: Final = 20
"""Versions of one document that are shown, the newest ones."""


@dataclass(frozen=True, slots=True)
class DocumentVersionAnswer:
    """One version of a document; `judged_for` is why it was refused, or a note beside its acceptance.

    It came for a `visit` of an `atom`, where one makes or needs it.
    """

    version: int
    state: str
    since: str
    links: tuple[Link, ...]
    note: str | None
    received_by: str
    received_at: str
    judged_by: str | None
    judged_for: str | None
    atom: str | None
    visit: int | None


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    """A document of a case: missing, received, accepted or refused, as its newest version is.

    The atoms that use, produce and require it are those of the journey; `waiting` are the open tasks that cannot be
    completed before it is accepted, `who` could bring it nearer to that. It is of an `earlier_visit` where the work
    that it came for was repeated since (R7). `versions` are the newest 20, newest first.
    """

    document: str
    name: str
    state: str
    since: str | None
    version: int | None
    earlier_visit: bool
    used_by: tuple[str, ...]
    produced_by: tuple[str, ...]
    required_by: tuple[str, ...]
    waiting: tuple[str, ...]
    who: tuple[str, ...]
    versions: tuple[DocumentVersionAnswer, ...]


@dataclass(frozen=True, slots=True)
class DocumentChanged:
    """How a document stands after somebody brought, accepted or refused it."""

    process: str
    document: str
    name: str
    state: str
    version: int
    since: str
    by: str


class DocumentService:
    """Everything that is asked of the documents of cases. Who sees a process sees its documents."""

    def __init__(self, commits: Commits, journeys: Journeys, reads: Reads, documents: Documents) -> None:
        self._commits = commits
        self._journeys = journeys
        self._reads = reads
        self._documents = documents

    async def of(self, call: Call, id: str) -> Page[DocumentAnswer]:
        """Each document of the process's journey, in the order of the file.

        Raises:
            NotFound: `process_not_found`.
        """
        process = (await self._seen(call, id)).process
        journey = await self._journeys.get(process.journey, process.version)
        versions: dict[str, list[DocumentVersion]] = {}
        for version in await self._documents.versions(id, MOST_VERSIONS):
            versions.setdefault(version.document, []).append(version)
        waiting = _waiting(journey, process)
        return Page(
            tuple(
                _answer(journey, process, one, versions.get(one.id, ()), waiting.get(one.id, ()))
                for one in journey.definition.documents
            )
        )

    async def receive(
        self, call: Call, id: str, document: str, links: tuple[Link, ...], note: str | None = None
    ) -> Answer:
        """A version of it came; 201 with a `DocumentChanged`.

        Raises:
            NotFound: `process_not_found`, `document_not_found`.
            Forbidden: `not_your_document`.
        """
        return await self._change(call, id, ReceiveDocument(call.caller, document, links, note), 201)

    async def accept(
        self, call: Call, id: str, document: str, version: int | None = None, note: str | None = None
    ) -> Answer:
        """It is right; `version` is the one that was looked at.

        Raises:
            NotFound: `process_not_found`, `document_not_found`.
            Forbidden: `not_your_document`.
            Stale: `stale_version`, where a newer version came.
            Conflict: `invalid_transition`, where it is missing or accepted.
        """
        return await self._change(call, id, AcceptDocument(call.caller, document, version, note))

    async def refuse(self, call: Call, id: str, document: str, reason: str, version: int | None = None) -> Answer:
        """It is not right; as `accept`."""
        return await self._change(call, id, RefuseDocument(call.caller, document, reason, version))

    async def _change(self, call: Call, id: str, command: DocumentCommand, status: int = 200) -> Answer:
        await self._seen(call, id)
        return await self._commits(call.ask(id, command, _changed(command.document), status))

    async def _seen(self, call: Call, id: str) -> ProcessRow:
        row = await self._reads.process(id, call.caller)
        if row is None or not row.visible:
            raise no_process(id)
        return row


def documents_of(journey: Journey, process: Process, atom: str | None) -> tuple[TaskDocument, ...]:
    """What a task's atom uses and produces, in the order of the journey's documents."""
    if atom is None:
        return ()
    of = journey.atoms[atom]
    return tuple(
        TaskDocument(
            document=one.id,
            name=one.name,
            state=standing(process, one.id),
            version=known.version if (known := process.documents.get(one.id)) else None,
            uses=one.id in of.uses,
            produces=one.id in of.produces,
            required=one.id in of.requires_documents,
        )
        for one in journey.definition.documents
        if one.id in of.uses or one.id in of.produces
    )


def _changed(document: str) -> Shape:
    def shape(journey: Journey, decision: Decision) -> DocumentChanged:
        known = decision.after.documents[document]
        return DocumentChanged(
            process=decision.after.id,
            document=document,
            name=document_name(journey, document),
            state=known.state,
            version=known.version,
            since=format_time(known.since),
            by=decision.events[-1].actor,
        )

    return shape


def _waiting(journey: Journey, process: Process) -> Mapping[str, Sequence[str]]:
    """The open tasks that each document keeps from being completed."""
    found: dict[str, list[str]] = {}
    for task in process.open_tasks():
        for document in lacking(journey, process, task.atom):
            found.setdefault(document, []).append(numbered(process.id, task.n))
    return found


def _answer(
    journey: Journey, process: Process, one: Named, versions: Sequence[DocumentVersion], waiting: Sequence[str]
) -> DocumentAnswer:
    known = process.documents.get(one.id)
    atoms = journey.atoms.values()
    accepted = standing(process, one.id) == "accepted"
    return DocumentAnswer(
        document=one.id,
        name=one.name,
        state=standing(process, one.id),
        since=format_time(known.since) if known else None,
        version=known.version if known else None,
        earlier_visit=known is not None and came_earlier(process, known),
        used_by=tuple(atom.id for atom in atoms if one.id in atom.uses),
        produced_by=tuple(atom.id for atom in atoms if one.id in atom.produces),
        required_by=tuple(atom.id for atom in atoms if one.id in atom.requires_documents),
        waiting=tuple(waiting),
        who=() if accepted or process.ended else movers(journey, process, one.id),
        versions=tuple(map(_version, versions)),
    )


def _version(version: DocumentVersion) -> DocumentVersionAnswer:
    facts: dict[str, Any] = {
        name: _written(getattr(version, name)) for name in DocumentVersionAnswer.__dataclass_fields__
    }
    return DocumentVersionAnswer(**facts)


def _written(value: Any) -> Any:
    return format_time(value) if isinstance(value, datetime) else value
