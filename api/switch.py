"""Takes a request to its operation: one look-up for each segment of its address, however many operations there are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import answer_to
from api.exchange import ExactRequest
from api.route import ExactRoute


@dataclass(slots=True)
class _Place:
    """A place in the tree of addresses: what follows by name, what follows under any name, and what can be done."""

    named: dict[str, "_Place"] = field(default_factory=dict[str, "_Place"])
    any: "_Place | None" = None
    routes: dict[str, tuple[ExactRoute, tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[ExactRoute, tuple[str, ...]]]
    )
    """By method, each with the names of its parameters, in order."""

    def after(self, segment: str) -> "_Place":
        """The place after a segment of a template, made where it is new."""
        if "{" not in segment:
            return self.named.setdefault(segment, _Place())
        if self.any is None:
            self.any = _Place()
        return self.any


class Switch:
    """ASGI middleware between the outermost and FastAPI, which serves what is not in the table and says why.

    Nothing that FastAPI puts around a route is between a request and its operation, so middleware belongs around this.
    """

    def __init__(self, routers: Iterable[APIRouter], otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._root: Final = _Place()
        for router in routers:
            for route in router.routes:
                if isinstance(route, ExactRoute):
                    self._add(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; failures of the operation are raised, refusals are answered."""
        route = self.find(scope)
        if route is None:
            await self._otherwise(scope, receive, send)
            return
        scope["route"] = route
        try:
            response = await route.serve(ExactRequest(scope, receive))
        except Exception as error:
            refused = answer_to(error)
            if refused is None:
                raise
            response = refused
        await response(scope, receive, send)

    def find(self, scope: Scope) -> ExactRoute | None:
        """The route of a request, whose path parameters are then in its scope; None where FastAPI is to look.

        A segment that is written in a template goes before a parameter, so only what is spelled oddly is missed.
        """
        if scope.get("root_path"):
            return None
        place, values = self._root, list[str]()
        for segment in scope["path"].split("/")[1:]:
            following = place.named.get(segment)
            if following is None:
                if place.any is None or not segment:
                    return None
                following = place.any
                values.append(segment)
            place = following
        route, names = place.routes.get(scope["method"], _NOWHERE)
        if route:
            scope["path_params"] = dict(zip(names, values, strict=True))
        return route

    def _add(self, route: ExactRoute) -> None:
        place, names = self._root, list[str]()
        for segment in route.path.split("/")[1:]:
            place = place.after(segment)
            if "{" in segment:
                if not _PARAMETER.fullmatch(segment):
                    raise ValueError(f"{route.path} has a segment that is neither a name nor a parameter: {segment}")
                names.append(segment[1:-1])
        for method in route.methods or ():
            place.routes.setdefault(method, (route, tuple(names)))


_NOWHERE: Final = (None, ())
_PARAMETER: Final = re.compile(r"\{[a-z_]+\}")
