"""The addresses under /api/work, for outside workers."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.deps import Commanding, Door
from api.exchange import answered
from api.route import ExactRoute
from api.schemas.documents import brought
from api.schemas.work import ClaimWork, CompleteWork, ExtendWork, FailWork
from engine.answers import ClaimedAnswer, CompletedAnswer, LeaseAnswer, TaskAnswer
from engine.services.work import Wanted

router = APIRouter(prefix="/api/work", tags=["work"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The work's id, which is its task's.", max_length=100)]


@router.post("/claim", response_model=ClaimedAnswer)
async def claim_work(request: Request, door: Door, call: Commanding, body: ClaimWork) -> Response:
    """Takes due work for a time, the oldest first; with `wait` it waits for some where there is none yet (R10)."""
    wanted = Wanted(body.actions, body.limit, body.lease, body.wait)
    return answered(await door.work.claim(call, wanted, request.is_disconnected))


@router.post("/{id}/extend", response_model=LeaseAnswer)
async def extend_work(door: Door, call: Commanding, id: Id, body: ExtendWork | None = None) -> Response:
    """Holds claimed work for `lease` from now."""
    wanted = body or ExtendWork()
    return answered(await door.work.extend(call, id, wanted.lease, wanted.token))


@router.post("/{id}/complete", response_model=CompletedAnswer)
async def complete_work(door: Door, call: Commanding, id: Id, body: CompleteWork | None = None) -> Response:
    """Hands in what the action gave (R9). Without a `token` the caller must hold the work; a late answer is refused."""
    given = body or CompleteWork()
    return answered(await door.work.complete(call, id, given.output, given.token, brought(given.documents)))


@router.post("/{id}/fail", response_model=TaskAnswer)
async def fail_work(door: Door, call: Commanding, id: Id, body: FailWork) -> Response:
    """The attempt failed; it is tried again by the atom's policy, unless it is not `retryable` (R10)."""
    return answered(await door.work.fail(call, id, body.error, body.retryable, body.token))
