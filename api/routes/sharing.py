"""The addresses under /api/tasks by which tasks go from hand to hand, are changed and talked about; drafts."""

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Changing, Commanding, Door, Page, Reading
from api.exchange import TAGGED, ExactResponse, answered, tagged
from api.route import ExactRoute
from api.routes.tasks import Id
from api.schemas.requests import ReasonIfAny
from api.schemas.sharing import AddComment, ChangeTask, Escalate, HandOver, KeepDraft, MoveTasks, Release
from engine import answers
from engine.answers import DraftAnswer, TaskAnswer
from engine.services.moving import MoveAnswer
from engine.services.sharing import CommentAnswer

router = APIRouter(prefix="/api/tasks", tags=["tasks"], route_class=ExactRoute)


@router.post("/reassign", response_model=MoveAnswer)
async def move_tasks(door: Door, call: Commanding, body: MoveTasks) -> Response:
    """Moves many tasks, as when a person leaves; with `preview` it says what would be moved.

    One that was cut off can be sent again: it goes on with what is left.
    """
    move = body.move()
    if body.preview:
        return ExactResponse(await door.moving.preview(call, move))
    return answered(await door.moving.move(call, move))


@router.patch("/{id}", response_model=TaskAnswer)
async def change_task(door: Door, call: Changing, id: Id, body: ChangeTask) -> Response:
    """Another priority or due date, by those who may share the task out."""
    return answered(await door.sharing.change(call, id, body.change()))


@router.post("/{id}/release", response_model=TaskAnswer)
async def release_task(door: Door, call: Changing, id: Id, body: Release | None = None) -> Response:
    """Gives a task back to its role: assigned or in_progress → pending; one that is blocked stays so."""
    given = body or Release()
    return answered(await door.sharing.release(call, id, given.reason, seek=given.seek))


@router.post("/{id}/assign", response_model=TaskAnswer)
async def assign_task(door: Door, call: Changing, id: Id, body: HandOver) -> Response:
    """As reassigning it: gives a task to a person, be it nobody's or another's."""
    return answered(await door.sharing.reassign(call, id, body.handing()))


@router.post("/{id}/reassign", response_model=TaskAnswer)
async def reassign_task(door: Door, call: Changing, id: Id, body: HandOver) -> Response:
    """Gives a task to another person; for who may `task:reassign`, the assignee's manager, and who leads its role."""
    return answered(await door.sharing.reassign(call, id, body.handing()))


@router.post("/{id}/delegate", response_model=TaskAnswer)
async def delegate_task(door: Door, call: Changing, id: Id, body: HandOver) -> Response:
    """Asks another person to do one's task; they return it, or do it."""
    return answered(await door.sharing.delegate(call, id, body.handing()))


@router.post("/{id}/return", response_model=TaskAnswer)
async def return_task(door: Door, call: Changing, id: Id, body: ReasonIfAny | None = None) -> Response:
    """Gives a delegated task back to who delegated it first; they may take it back themselves by this."""
    return answered(await door.sharing.give_back(call, id, body.reason if body else None))


@router.post("/{id}/escalate", response_model=TaskAnswer)
async def escalate_task(door: Door, call: Changing, id: Id, body: Escalate) -> Response:
    """Says that a task takes too long: to its atom's `escalates_to`, else the assignee's manager, or who is named."""
    return answered(await door.sharing.escalate(call, id, body.escalation()))


@router.post("/{id}/comments", status_code=201, response_model=CommentAnswer)
async def comment_on_task(door: Door, call: Changing, id: Id, body: AddComment) -> Response:
    """Says something about a task, or attaches links; whoever sees it may."""
    return answered(await door.sharing.comment(call, id, body.text, body.mentions, body.attached()))


@router.get("/{id}/comments", response_model=answers.Page[CommentAnswer])
async def list_comments(door: Door, call: Reading, page: Page, id: Id) -> Response:
    """What was said about a task, oldest first, also once it is over."""
    return ExactResponse(await door.sharing.comments(call, id, page.cursor, page.limit))


@router.get("/{id}/draft", response_model=DraftAnswer, responses=TAGGED)
async def get_draft(door: Door, call: Reading, id: Id) -> Response:
    """What the caller has not finished of a task; nobody else sees it."""
    draft = await door.drafts.get(call, id)
    return tagged(draft, draft.version)


@router.put("/{id}/draft", response_model=DraftAnswer)
async def keep_draft(door: Door, call: Changing, id: Id, body: KeepDraft) -> Response:
    """Keeps what the caller has by now, in the place of what was kept before; it is gone once the task is over."""
    return answered(await door.drafts.keep(call, id, body.output))


@router.delete("/{id}/draft", status_code=204)
async def drop_draft(door: Door, call: Commanding, id: Id) -> Response:
    """Removes the caller's draft, if there is one."""
    await door.drafts.drop(call, id)
    return Response(status_code=204)
