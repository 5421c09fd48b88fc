"""The versions of the documents of cases: rows of `case_documents`, told from the events of decisions; the port."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from engine.core.decision import Decision
from engine.core.events import DocumentAccepted, DocumentFact, DocumentReceived, DocumentRefused, Event
from engine.core.task_facts import Link
from engine.ports import DocumentVersion
from engine.statements import SQL_QUERIES, Statements
from engine.store.connections import Pool, borrowed

Row = dict[str, Any]

_SQL: Final = Statements.load(SQL_QUERIES, ".sql")


class PostgresDocuments:
    """The port `Documents`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def versions(self, process: str, most: int) -> Sequence[DocumentVersion]:
        """Those of a process, at most `most` of each document, newest first."""
        async with borrowed(self._pool) as connection:
            found = await connection.execute(_SQL["document_versions"], {"process": process, "most": most})
            return [_version(row) async for row in found]


@dataclass(slots=True)
class CaseDocuments:
    """What decisions change: `received` are new versions, `judged` stored ones that were accepted or refused."""

    received: dict[tuple[str, str, int], Row] = field(default_factory=dict[tuple[str, str, int], Row])
    judged: dict[tuple[str, str, int], Row] = field(default_factory=dict[tuple[str, str, int], Row])

    @staticmethod
    def of(decisions: Iterable[Decision]) -> "CaseDocuments":
        """Those of `decisions`, which are in the order they were made."""
        found = CaseDocuments()
        for decision in decisions:
            for event in decision.events:
                if isinstance(event.fact, DocumentFact):
                    found._note(event, event.fact)
        return found

    def _note(self, event: Event, fact: DocumentFact) -> None:
        match fact:
            case DocumentReceived():
                self.received[event.process, fact.document, fact.version] = _received(event, fact)
            case DocumentAccepted(note=note):
                self._judge(event, fact, "accepted", note)
            case DocumentRefused(reason=reason):
                self._judge(event, fact, "refused", reason)
            case _:
                pass

    def _judge(self, event: Event, fact: DocumentFact, state: str, why: str | None) -> None:
        """A version that came in the same transaction is written as it was judged."""
        key = (event.process, fact.document, fact.version)
        judged = {"state": state, "since": event.at, "judged_by": event.actor, "judged_for": why}
        if row := self.received.get(key):
            row |= judged
        else:
            self.judged[key] = {"process_id": event.process, "document": key[1], "version": key[2], **judged}


def _version(row: Row) -> DocumentVersion:
    facts: Row = {**row, "links": msgspec.convert(row["links"], tuple[Link, ...])}
    return DocumentVersion(**facts)


def _received(event: Event, fact: DocumentReceived) -> Row:
    return {
        "process_id": event.process,
        "document": fact.document,
        "version": fact.version,
        "state": "received",
        "since": event.at,
        "links": fact.links,
        "note": fact.note,
        "atom": fact.atom,
        "visit": fact.visit,
        "received_by": event.actor,
        "received_at": event.at,
        "judged_by": None,
        "judged_for": None,
    }
