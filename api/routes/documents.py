"""The addresses under /api/processes/{id}/documents."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.deps import Changing, Door, Reading
from api.exchange import ExactResponse, answered
from api.route import ExactRoute
from api.schemas.documents import AcceptDocument, ReceiveDocument, RefuseDocument, linked
from engine import answers
from engine.services.documents import DocumentAnswer, DocumentChanged

router = APIRouter(prefix="/api/processes/{id}/documents", tags=["documents"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The process's id.", max_length=64)]
Document = Annotated[str, Path(description="The document's id in the journey.", max_length=200)]


@router.get("", response_model=answers.Page[DocumentAnswer])
async def list_documents(door: Door, call: Reading, id: Id) -> Response:
    """The documents of a case: each that its journey declares, how it stands, its links, and what waits for it."""
    return ExactResponse(await door.documents.of(call, id))


@router.post("/{document}", status_code=201, response_model=DocumentChanged)
async def receive_document(door: Door, call: Changing, id: Id, document: Document, body: ReceiveDocument) -> Response:
    """A version of the document comes: links to it. It takes the place of the one before, and is judged anew."""
    return answered(await door.documents.receive(call, id, document, linked(body.links), body.note))


@router.post("/{document}/accept", response_model=DocumentChanged)
async def accept_document(
    door: Door, call: Changing, id: Id, document: Document, body: AcceptDocument | None = None
) -> Response:
    """Somebody looked at it and it is right."""
    version, note = (body.version, body.note) if body else (None, None)
    return answered(await door.documents.accept(call, id, document, version, note))


@router.post("/{document}/refuse", response_model=DocumentChanged)
async def refuse_document(door: Door, call: Changing, id: Id, document: Document, body: RefuseDocument) -> Response:
    """Somebody looked at it and it is not right; who brought it sees why."""
    return answered(await door.documents.refuse(call, id, document, body.reason, body.version))
