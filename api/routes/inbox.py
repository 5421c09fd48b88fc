"""The addresses of open work and of figures about it, under /api/tasks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Door, Page, Reading, Work
from api.exchange import ExactResponse
from api.route import ExactRoute
from api.schemas.requests import Time
from engine import answers
from engine.answers import Counted
from engine.inbox_answers import InboxCounts, InboxItem
from engine.ports import Order
from engine.services.figures import AssignmentFigures, Workload
from engine.services.inbox import Scope

router = APIRouter(prefix="/api/tasks", tags=["tasks"], route_class=ExactRoute)

Another = Annotated[
    str | None, Query(max_length=200, description="Another's, for their manager and who may read all tasks.")
]
ScopeWanted = Annotated[
    Scope | None,
    Query(
        description="`mine`: what I have; `roles`: what nobody has yet of my roles; without, both. `team`: what those "
        "have whom I manage, what nobody has of their roles, and what was escalated to a role of mine. `delegated`: "
        "what I asked others to do."
    ),
]
Sort = Annotated[
    Order,
    Query(
        description="`urgency`: priority, then due date; `due`: due date, then priority; `priority`: priority, then "
        "age; `age`: oldest first. Of the due date and the target of the service level the nearer one counts."
    ),
]
Moment = Annotated[Time | None, Query()]


@router.get("/inbox", response_model=answers.Page[InboxItem])
async def get_inbox(
    door: Door,
    call: Reading,
    page: Page,
    wanted: Work,
    scope: ScopeWanted = None,
    sort: Sort = "urgency",
    user_id: Another = None,
) -> Response:
    """Open work, most urgent first: the caller's and that of the caller's roles, or that of a scope.

    What four eyes keep from somebody is not shown; `not_for_you` says why another task cannot be claimed.
    """
    found = await door.inbox.page(call, page.cursor, page.limit, user=user_id, scope=scope, wanted=wanted, order=sort)
    return ExactResponse(found)


@router.get("/inbox/count", response_model=InboxCounts)
async def count_inbox(
    door: Door, call: Reading, wanted: Work, scope: ScopeWanted = None, user_id: Another = None
) -> Response:
    """How much open work there is in each scope, or in one: exact up to 1,000, beyond that "1,000+"."""
    return ExactResponse(await door.inbox.counts(call, user=user_id, scope=scope, wanted=wanted))


@router.get("/my-tasks/{user_id}", response_model=answers.Page[InboxItem])
async def get_inbox_of(
    door: Door,
    call: Reading,
    page: Page,
    wanted: Work,
    user_id: Annotated[str, Path(max_length=200)],
    sort: Sort = "urgency",
) -> Response:
    """The inbox, as `/inbox?user_id=` gives it."""
    return ExactResponse(await door.inbox.page(call, page.cursor, page.limit, user=user_id, wanted=wanted, order=sort))


@router.get("/stats", response_model=Counted)
async def count_tasks(door: Door, call: Reading) -> Response:
    """How many tasks there are by status; of people's open ones by role, and by what they may be waiting for."""
    return ExactResponse(await door.figures.stats(call))


@router.get("/stats/assignment", response_model=AssignmentFigures)
async def get_assignment_figures(door: Door, call: Reading, since: Moment = None, until: Moment = None) -> Response:
    """How tasks came to people, by role and method: how many, and the median times until accepted and completed.

    Of the last 30 days, or of at most 366; one's own, for managers their people's, for analysts all.
    """
    return ExactResponse(await door.figures.assignments(call, since, until))


@router.get("/stats/workload", response_model=answers.Page[Workload])
async def get_workload(door: Door, call: Reading, page: Page) -> Response:
    """Who has how much to do, by the user's id; one's own, for managers their people's, for analysts all."""
    return ExactResponse(await door.figures.workload(call, page.cursor, page.limit))
