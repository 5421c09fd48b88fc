"""The addresses under /api/users: who does tasks, and when they do not."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.deps import Changing, Commanding, Door, Granting, Page, Reading
from api.exchange import TAGGED, ExactResponse, answered, tagged
from api.route import ExactRoute
from api.schemas.people import PatchUser, PutUser, SetAbsence
from engine import answers
from engine.ports import UserFilter
from engine.services.absences import RemovedAbsence
from engine.services.people_shapes import AbsenceAnswer, OpenTaskAnswer, RemovedAnswer, UserAnswer

router = APIRouter(prefix="/api/users", tags=["people"], route_class=ExactRoute)

Id = Annotated[str, Path(description="The user's id: `sub` of their tokens.", max_length=200)]
Number = Annotated[int, Path(description="The absence's id.", ge=1, lt=2**63)]
Wanted = Annotated[str | None, Query(max_length=200)]
Why = Annotated[str, Query(max_length=2000, description="Why; it is kept in the history of each task.")]
Reroute = Annotated[
    str | None,
    Query(max_length=200, description="Where open work goes: a user's id, or `release` for back to its roles."),
]
ReroutedWhileAway = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Where work goes that is not started: a user's id, `substitute`, or `release` (to its roles).",
    ),
]


@router.get("", response_model=answers.Page[UserAnswer])
async def list_users(  # noqa: PLR0913, PLR0917 - one parameter for each name in the address
    door: Door,
    call: Reading,
    page: Page,
    role: Wanted = None,
    team: Wanted = None,
    manager: Annotated[
        str | None, Query(max_length=200, description="Who reports to them or is in their teams.")
    ] = None,
    skill: Wanted = None,
    active: bool | None = None,
    absent: Annotated[bool | None, Query(description="Whether they take no work at all now.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of the id or the name.")] = None,
) -> Response:
    """Users by id; their emails only for themselves, who manages them, and who may `user:write`."""
    wanted = UserFilter(role, team, manager, skill, active, absent, q)
    return ExactResponse(await door.users.find(call, wanted, page.cursor, page.limit))


@router.get("/{id}", response_model=UserAnswer, responses=TAGGED)
async def get_user(door: Door, call: Reading, id: Id) -> Response:
    """One user."""
    user = await door.users.get(call, id)
    return tagged(user, user.version)


@router.put("/{id}", response_model=UserAnswer, responses={201: {"model": UserAnswer, "description": "New."}})
async def put_user(door: Door, call: Changing, powers: Granting, id: Id, body: PutUser) -> Response:
    """Enters a user (201), or changes all that is said of them. Who gives or takes a role holds what it may do."""
    return answered(await door.users.put(call, powers, body.user(id)))


@router.patch("/{id}", response_model=UserAnswer)
async def patch_user(door: Door, call: Changing, powers: Granting, id: Id, body: PatchUser) -> Response:
    """Changes what is named of a user. One that is not `active` is refused at the door within a second."""
    return answered(await door.users.patch(call, powers, id, body.changes()))


@router.delete("/{id}", response_model=RemovedAnswer)
async def remove_user(
    door: Door, call: Changing, powers: Granting, id: Id, reroute: Reroute = None, reason: Why = "the user is removed"
) -> Response:
    """Removes a user. 409 `work_depends` with the first tasks where they have open work, which `reroute` moves.

    It moves 2,000 tasks at most; `removed` is false while some are `left`, and the same request again goes on.
    """
    return answered(await door.users.remove(call, powers, id, reroute, reason))


@router.get("/{id}/work", response_model=answers.Page[OpenTaskAnswer])
async def list_work(door: Door, call: Reading, page: Page, id: Id) -> Response:
    """The open work that a user has, for themselves, their managers and who may `task:read_all`."""
    return ExactResponse(await door.users.work(call, id, page.cursor, page.limit))


@router.get("/{id}/absences", response_model=answers.Page[AbsenceAnswer])
async def list_absences(door: Door, call: Reading, page: Page, id: Id) -> Response:
    """When a user takes no work, the latest first, those that are over included."""
    return ExactResponse(await door.absences.find(call, id, page.cursor, page.limit))


@router.post(
    "/{id}/absences",
    status_code=201,
    response_model=AbsenceAnswer,
    responses={200: {"model": AbsenceAnswer, "description": "It was said before."}},
)
async def add_absence(
    door: Door, call: Commanding, id: Id, body: SetAbsence, reroute: ReroutedWhileAway = None
) -> Response:
    """Says that a user takes no work: for themselves, who manages them, and who may `user:write`.

    201; 200 where the same time and roles were said before. Work they have stays theirs unless `reroute` moves it.
    """
    return answered(await door.absences.set(call, id, body.absence(), reroute))


@router.get("/{id}/absences/{absence}", response_model=AbsenceAnswer)
async def get_absence(door: Door, call: Reading, id: Id, absence: Number) -> Response:
    """One absence."""
    return ExactResponse(await door.absences.get(call, id, absence))


@router.put("/{id}/absences/{absence}", response_model=AbsenceAnswer)
async def put_absence(
    door: Door, call: Commanding, id: Id, absence: Number, body: SetAbsence, reroute: ReroutedWhileAway = None
) -> Response:
    """Changes an absence, as when somebody is back earlier."""
    return answered(await door.absences.set(call, id, body.absence(absence), reroute))


@router.delete("/{id}/absences/{absence}", response_model=RemovedAbsence)
async def remove_absence(door: Door, call: Commanding, id: Id, absence: Number) -> Response:
    """Takes an absence back."""
    return answered(await door.absences.remove(call, id, absence))
