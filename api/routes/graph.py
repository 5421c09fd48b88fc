"""The addresses under /api/graph."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.deps import Door, Given, Reading
from api.exchange import ExactResponse
from api.route import ExactRoute
from engine.services.questions import QuestionsAnswer, RowsAnswer

router = APIRouter(prefix="/api/graph", tags=["graph"], route_class=ExactRoute)


@router.get("/questions", response_model=QuestionsAnswer)
async def list_questions(door: Door, call: Reading) -> Response:
    """The library of questions, each with its parameters and columns."""
    return ExactResponse(await door.questions.library(call))


@router.get("/questions/{name}", response_model=RowsAnswer)
async def ask_question(door: Door, call: Reading, given: Given, name: Annotated[str, Path(max_length=100)]) -> Response:
    """Asks one question; its parameters stand in the address (`?limit=10&journey=fha-purchase`)."""
    return ExactResponse(await door.questions.ask(call, name, given))
