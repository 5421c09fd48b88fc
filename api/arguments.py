"""What an operation's function is given, read from the request by a plan that is made once for each route.

FastAPI reads the signatures, and OpenAPI is drawn from what it found; its own reading of a request looks at all of that
again each time, which costs more than the operation. The plan gives the same values and errors (a test holds the two
equal) from what the operations of this house ask for: texts of the address and headers, one JSON body, the request, and
coroutines that are given the same (`api.deps`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from fastapi._compat import ModelField
from fastapi._compat.shared import field_annotation_is_complex
from fastapi.dependencies.models import Dependant

from api.exchange import NOTHING, ExactRequest

_PLAIN: Final = (str, int, bool, type(None))
"""The types of defaults that may be given to one request after another."""

_NOT_GIVEN: Final = (
    "cookie_params",
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
)


@dataclass(frozen=True, slots=True)
class _Value:
    """One value of the request: under `key` in its path, query or headers, or its body."""

    name: str
    key: str
    place: tuple[str, ...]
    field: ModelField
    required: bool
    default: Any

    @classmethod
    def of(cls, field: ModelField, *place: str) -> "_Value":
        """The value of a parameter that FastAPI has read, at a place as its errors tell it."""
        if place != ("body",) and field_annotation_is_complex(field.field_info.annotation):
            raise TypeError(f"{field.name} is more than one text")
        required = field.field_info.is_required()
        default = None if required else field.get_default()
        if not isinstance(default, _PLAIN):
            raise TypeError(f"{field.name} has a default that requests would share")
        key = field.alias.lower() if place[0] == "header" else field.alias
        return cls(field.name, key, place, field, required, default)

    def read(self, given: Any, errors: list[Any]) -> Any:
        """The value of what is `given`, its default where that is nothing; what is wrong is added to `errors`."""
        if given is NOTHING:
            if self.required:
                errors.append({"type": "missing", "loc": self.place, "msg": "Field required", "input": None})
            return self.default
        value, wrong = self.field.validate(given, loc=self.place)
        errors += wrong
        return value


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the arguments of `call` come from: `others` are what further calls give, by the argument's name."""

    call: Callable[..., Awaitable[Any]]
    others: tuple[tuple[str, "Plan"], ...]
    path: tuple[_Value, ...]
    query: tuple[_Value, ...]
    headers: tuple[_Value, ...]
    body: _Value | None
    request: str | None

    @classmethod
    def of(cls, dependant: Dependant) -> "Plan":
        """The plan for a function as FastAPI has read it.

        Raises:
            TypeError: where the function asks for something that plans do not give.
        """
        call, bodies = dependant.call, dependant.body_params
        if call is None or len(bodies) > 1 or any(getattr(dependant, name) for name in _NOT_GIVEN):
            raise TypeError(f"{call} asks for more than the address, the headers, one body and the request")
        return cls(
            call=cast("Callable[..., Awaitable[Any]]", call),
            others=tuple((other.name or "", cls.of(other)) for other in dependant.dependencies),
            path=_values(dependant.path_params, "path"),
            query=_values(dependant.query_params, "query"),
            headers=_values(dependant.header_params, "header"),
            body=_Value.of(bodies[0], "body") if bodies else None,
            request=dependant.request_param_name,
        )

    async def arguments(self, request: ExactRequest, errors: list[Any]) -> dict[str, Any]:
        """The arguments by name; they are not whole where something was added to `errors`.

        Raises:
            EngineError: where one of the calls refuses the request.
        """
        found: dict[str, Any] = {}
        for name, other in self.others:
            found[name] = await other.result(request, errors)
        if self.path:
            _read(self.path, request.path_params, found, errors)
        if self.query:
            _read(self.query, request.query_params, found, errors)
        if self.headers:
            _read(self.headers, request.fields, found, errors)
        if self.body:
            found[self.body.name] = self.body.read(await request.content(), errors)
        if self.request:
            found[self.request] = request
        return found

    async def result(self, request: ExactRequest, errors: list[Any]) -> Any:
        """What the call gives; None where its arguments are not whole."""
        known = len(errors)
        arguments = await self.arguments(request, errors)
        return await self.call(**arguments) if len(errors) == known else None


def _values(fields: list[ModelField], where: str) -> tuple[_Value, ...]:
    return tuple(_Value.of(field, where, field.alias) for field in fields)


def _read(values: tuple[_Value, ...], given: Mapping[str, Any], found: dict[str, Any], errors: list[Any]) -> None:
    for value in values:
        found[value.name] = value.read(given.get(value.key, NOTHING), errors)
