"""The addresses under /api/tasks."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Changing, Commanding, Door, Page, Reading
from api.errors import problem, status_of
from api.exchange import TAGGED, ExactResponse, answered, fingerprint, tagged
from api.route import ExactRoute
from api.schemas.documents import brought
from api.schemas.requests import ReasonGiven
from api.schemas.tasks import (
    AddTask,
    CompleteTask,
    CompleteTasks,
    CompletionItem,
    CompletionResult,
    CompletionResults,
)
from engine import answers
from engine.answers import CompletedAnswer, TaskAnswer
from engine.commit import Answer
from engine.core.clocks import Alert
from engine.core.errors import EngineError, Invalid
from engine.core.states import TASK
from engine.core.values import canonical
from engine.ports import Key, TaskFilter
from engine.services.calls import Call
from engine.services.tasks import Completion

router = APIRouter(prefix="/api/tasks", tags=["tasks"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The task's id.", max_length=100)]
Wanted = Annotated[str | None, Query(max_length=200)]
Status = Literal["pending", "assigned", "in_progress", "blocked", "completed", "failed", "cancelled"]


@router.get("", response_model=answers.Page[TaskAnswer])
async def list_tasks(  # noqa: PLR0913, PLR0917 - one parameter for each name in the address
    door: Door,
    call: Reading,
    page: Page,
    status: Status | None = None,
    role: Wanted = None,
    assignee: Annotated[str | None, Query(max_length=200, description="A user's id, or `me`.")] = None,
    process: Wanted = None,
    journey: Wanted = None,
    atom: Wanted = None,
    overdue: Annotated[bool | None, Query(description="Past its due date, or the target of its service level.")] = None,
    sla: Annotated[Alert | None, Query(description="Where it stands against its service level.")] = None,
) -> Response:
    """Tasks, newest first, without their forms."""
    wanted = TaskFilter(
        status=status,
        role=role,
        assignee=call.caller.id if assignee == "me" else assignee,
        process=process,
        journey=journey,
        atom=atom,
        overdue=overdue,
        sla=sla,
    )
    return ExactResponse(await door.tasks.find(call, wanted, page.cursor, page.limit))


@router.post("", status_code=201, response_model=TaskAnswer)
async def add_task(door: Door, call: Commanding, body: AddTask) -> Response:
    """Adds a task off the graph (R18); one that belongs to no case gets a process of its own without a journey."""
    return answered(await door.tasks.add(call, body.process, body.extra()))


@router.get("/transitions", response_model=dict[str, dict[str, str]])
async def list_transitions(_: Reading) -> Response:
    """The table of a task's states: what can be done in each, and the state that leads to."""
    return ExactResponse(TASK)


@router.post("/complete", response_model=CompletionResults)
async def complete_tasks(door: Door, call: Commanding, body: CompleteTasks) -> Response:
    """Completes many tasks in one go: one result for each item, in order, none depending on another."""
    if len(body.items) > door.settings.many_limit:
        message = f"holds more than {door.settings.many_limit} items"
        raise Invalid("request_invalid", errors=[{"pointer": "/items", "message": message}])
    wanted = [
        Completion(item.task_id, item.output, _key(call, place, item), brought(item.documents))
        for place, item in enumerate(body.items)
    ]
    found = await door.tasks.complete_many(call, wanted)
    return ExactResponse(CompletionResults(tuple(map(_result, body.items, found))))


@router.get("/{id}", response_model=TaskAnswer, responses=TAGGED)
async def get_task(door: Door, call: Reading, id: Id) -> Response:
    """One task, with the form its performer fills in."""
    task = await door.tasks.get(call, id)
    return tagged(task, task.version)


@router.post("/{id}/claim", response_model=TaskAnswer)
async def claim_task(door: Door, call: Changing, id: Id) -> Response:
    """Takes a task of one's role: pending → assigned."""
    return answered(await door.tasks.claim(call, id))


@router.post("/{id}/start", response_model=TaskAnswer)
async def start_task(door: Door, call: Changing, id: Id) -> Response:
    """Begins to work: assigned → in_progress."""
    return answered(await door.tasks.start(call, id))


@router.post("/{id}/complete", response_model=CompletedAnswer)
async def complete_task(door: Door, call: Changing, id: Id, body: CompleteTask | None = None) -> Response:
    """Hands in the output; says what that started and skipped (R9)."""
    given = body or CompleteTask()
    return answered(await door.tasks.complete(call, id, given.output, brought(given.documents)))


@router.post("/{id}/fail", response_model=TaskAnswer)
async def fail_task(door: Door, call: Changing, id: Id, body: ReasonGiven) -> Response:
    """The work cannot be done: its step exits `error`, is held by an incident, or its process fails (R10)."""
    return answered(await door.tasks.fail(call, id, body.reason))


@router.post("/{id}/block", response_model=TaskAnswer)
async def block_task(door: Door, call: Changing, id: Id, body: ReasonGiven) -> Response:
    """It cannot go on for now: pending, assigned or in_progress → blocked."""
    return answered(await door.tasks.block(call, id, body.reason))


@router.post("/{id}/unblock", response_model=TaskAnswer)
async def unblock_task(door: Door, call: Changing, id: Id) -> Response:
    """It can go on: blocked → where it was."""
    return answered(await door.tasks.unblock(call, id))


def _key(call: Call, place: int, item: CompletionItem) -> Key | None:
    """The item's own key, or one derived from the request's, so that sending all again does nothing twice."""
    if item.idempotency_key is not None:
        single = f"{router.prefix}/{item.task_id}/complete"
        return Key(call.caller.id, item.idempotency_key, fingerprint("POST", single, canonical(item.single())))
    if call.key is None:
        return None
    derived = hashlib.sha256(call.key.key.encode()).hexdigest()
    return Key(call.caller.id, f"many/{derived}/{place}", call.key.fingerprint)


def _result(item: CompletionItem, found: Answer | EngineError) -> CompletionResult:
    if isinstance(found, EngineError):
        return CompletionResult(item.task_id, status_of(found), problem=problem(found))
    return CompletionResult(item.task_id, found.status, answer=found.body)
