"""Who could be given a task, and who had it: addresses under /api/tasks/{id}."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.deps import Door, Page, Reading
from api.exchange import ExactResponse
from api.route import ExactRoute
from engine import answers
from engine.services.candidates import AssignmentAnswer, CandidatesAnswer

router = APIRouter(prefix="/api/tasks", tags=["tasks"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The task's id.", max_length=100)]


@router.get("/{id}/candidates", response_model=CandidatesAnswer)
async def list_candidates(door: Door, call: Reading, id: Id, page: Page) -> Response:
    """Everybody who could be given an open task, in the order in which they are looked at, or why not.

    For who may share the task out. At most one page, without a cursor: who comes first changes with all that is done.
    """
    return ExactResponse(await door.candidates.of(call, id, page.limit))


@router.get("/{id}/assignments", response_model=answers.Page[AssignmentAnswer])
async def list_assignments(door: Door, call: Reading, id: Id, page: Page) -> Response:
    """Who had the task, oldest first: how it came to them, when they accepted and completed it."""
    return ExactResponse(await door.candidates.assignments(call, id, page.cursor, page.limit))
