"""The fold of what happens to the documents of a case."""

from engine.core.document_facts import DocumentAccepted, DocumentReceived, DocumentRefused
from engine.core.events import Event
from engine.core.frozen import changed
from engine.core.process import CaseDocument, Process


def evolve_document(process: Process, event: Event) -> None:
    """Applies an event about a document.

    Raises:
        ValueError: for a fact that there is no case for.
    """
    at, documents = event.at, process.documents
    match event.fact:
        case DocumentReceived(document=document, version=version, atom=atom, visit=visit):
            documents[document] = CaseDocument(document, version, "received", at, event.actor, atom, visit)
        case DocumentAccepted(document=document):
            documents[document] = changed(documents[document], state="accepted", since=at)
        case DocumentRefused(document=document):
            documents[document] = changed(documents[document], state="refused", since=at)
        case fact:
            raise ValueError(f"{fact.name} is no fact about a document")
