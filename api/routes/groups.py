"""The addresses under /api/roles and /api/teams, and /api/people, which takes files of all three."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import Changing, Commanding, Door, Granting, Page, Reading
from api.exchange import TAGGED, ExactResponse, answered, tagged
from api.route import ExactRoute
from api.schemas.people import PutRole, PutTeam
from engine import answers
from engine.loading.load import Media
from engine.services.people_shapes import EnteredAnswer, RemovedAnswer, RoleAnswer, TeamAnswer

router = APIRouter(prefix="/api", tags=["people"], route_class=ExactRoute)

RoleId = Annotated[str, Path(description="The role, as journeys name it.", max_length=200)]
TeamId = Annotated[str, Path(description="The team's id.", max_length=200)]
ToWhom = Annotated[str | None, Query(max_length=200, description="The user who gets the work that waits for the role.")]
Why = Annotated[str, Query(max_length=2000, description="Why; it is kept in the history of each task.")]

_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
}


@router.get("/roles", response_model=answers.Page[RoleAnswer])
async def list_roles(door: Door, call: Reading, page: Page) -> Response:
    """Roles by id."""
    return ExactResponse(await door.groups.roles(call, page.cursor, page.limit))


@router.get("/roles/{id}", response_model=RoleAnswer, responses=TAGGED)
async def get_role(door: Door, call: Reading, id: RoleId) -> Response:
    """One role; `/api/users?role=` lists who holds it."""
    role = await door.groups.role(call, id)
    return tagged(role, role.version)


@router.put("/roles/{id}", response_model=RoleAnswer, responses={201: {"model": RoleAnswer, "description": "New."}})
async def put_role(door: Door, call: Changing, id: RoleId, body: PutRole) -> Response:
    """Enters a role (201), or changes what it is called."""
    return answered(await door.groups.put_role(call, body.role(id)))


@router.delete("/roles/{id}", response_model=RemovedAnswer)
async def remove_role(
    door: Door,
    call: Changing,
    powers: Granting,
    id: RoleId,
    reroute: ToWhom = None,
    reason: Why = "the role is removed",
) -> Response:
    """Removes a role. 409 `work_depends` with the first tasks where work waits for it, which `reroute` gives a user.

    It moves 2,000 tasks at most; `removed` is false while some are `left`, and the same request again goes on.
    """
    return answered(await door.groups.remove_role(call, powers, id, reroute, reason))


@router.get("/teams", response_model=answers.Page[TeamAnswer])
async def list_teams(door: Door, call: Reading, page: Page) -> Response:
    """Teams by id."""
    return ExactResponse(await door.groups.teams(call, page.cursor, page.limit))


@router.get("/teams/{id}", response_model=TeamAnswer, responses=TAGGED)
async def get_team(door: Door, call: Reading, id: TeamId) -> Response:
    """One team; `/api/users?team=` lists its members."""
    team = await door.groups.team(call, id)
    return tagged(team, team.version)


@router.put("/teams/{id}", response_model=TeamAnswer, responses={201: {"model": TeamAnswer, "description": "New."}})
async def put_team(door: Door, call: Changing, id: TeamId, body: PutTeam) -> Response:
    """Enters a team (201), or changes it."""
    members = None if body.members is None else frozenset(body.members)
    return answered(await door.groups.put_team(call, body.team(id), members))


@router.delete("/teams/{id}", response_model=RemovedAnswer)
async def remove_team(door: Door, call: Changing, id: TeamId) -> Response:
    """Removes a team; its members stay."""
    return answered(await door.groups.remove_team(call, id))


@router.post("/people", response_model=EnteredAnswer, openapi_extra=_DOCUMENT)
async def load_people(
    request: Request,
    door: Door,
    call: Commanding,
    powers: Granting,
    dry_run: Annotated[bool, Query(description="Only say what would be other than it is.")] = False,
) -> Response:
    """Enters or changes all that a file of people tells of, in one go; the same file again changes nothing."""
    media: Media = "json" if "json" in request.headers.get("content-type", "") else "yaml"
    text = await request.body()
    return answered(await door.people_files.load(call, powers, text, media, dry_run=dry_run))
