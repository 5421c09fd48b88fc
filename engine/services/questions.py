"""Questions to the graph: the library in `cypher/analysis`, asked by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.core.errors import Invalid, NotFound
from engine.ports import GraphStore
from engine.services.calls import Call, require
from engine.statements import Parameter, Question

_WRITTEN: Final[Mapping[str, str]] = {
    "integer": "25",
    "number": "0.5",
    "boolean": "true or false",
    "time": "2026-03-01 or 2026-03-01T09:30:00Z",
    "list": '["atom-a", "atom-b"]',
}
"""How a value of each type is written, where not every text is one."""

MOST_ROWS: Final = 1000
"""The highest `limit` a question may be asked with."""


@dataclass(frozen=True, slots=True)
class QuestionParameter:
    """What a question may or must be given."""

    name: str
    type: str
    required: bool
    default: Any
    description: str


@dataclass(frozen=True, slots=True)
class QuestionColumn:
    """One column of a question's rows."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class QuestionInLibrary:
    """A question that can be asked, and what it takes and gives."""

    name: str
    question: str
    parameters: tuple[QuestionParameter, ...]
    columns: tuple[QuestionColumn, ...]


@dataclass(frozen=True, slots=True)
class QuestionsAnswer:
    """The whole library."""

    items: tuple[QuestionInLibrary, ...]


@dataclass(frozen=True, slots=True)
class RowsAnswer:
    """A question's rows; `as_of` is the time of the last event that the graph had applied."""

    name: str
    question: str
    columns: tuple[str, ...]
    items: tuple[Mapping[str, Any], ...]
    as_of: str | None


class Questions:
    """The analysts' library."""

    def __init__(self, graph: GraphStore, library: Mapping[str, Question]) -> None:
        self._graph = graph
        self._library = library

    async def library(self, call: Call) -> QuestionsAnswer:
        """Every question, by name."""
        require(call.caller, "graph:ask")
        return QuestionsAnswer(tuple(_listed(question) for question in self._library.values()))

    async def ask(self, call: Call, name: str, given: Mapping[str, str]) -> RowsAnswer:
        """The answer to one question, its parameters read from their texts.

        Raises:
            NotFound: `question_not_found`.
            Invalid: `request_invalid`, with every parameter that is unknown, missing or of another type.
            Unavailable: when Neo4j is away.
        """
        require(call.caller, "graph:ask")
        return await self.answer(name, given)

    async def answer(self, name: str, given: Mapping[str, str]) -> RowsAnswer:
        """The answer to one question, whoever asks; raises as `ask` does."""
        question = self._library.get(name)
        if question is None:
            raise NotFound("question_not_found", f"The library has no question {name}.", known=[*self._library])
        found = await self._graph.ask(question, _parameters(question, given))
        columns = tuple(column.name for column in question.columns)
        return RowsAnswer(question.name, question.question, columns, found.rows, found.as_of)


def _listed(question: Question) -> QuestionInLibrary:
    return QuestionInLibrary(
        question.name,
        question.question,
        tuple(
            QuestionParameter(one.name, one.type, one.required, one.default, one.description)
            for one in question.parameters
        ),
        tuple(QuestionColumn(column.name, column.description) for column in question.columns),
    )


def _parameters(question: Question, given: Mapping[str, str]) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in question.parameters}
    taken = f"is unknown; {question.name} takes {', '.join(known) or 'none'}"
    errors = [_wrong(name, taken) for name in given if name not in known]
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        try:
            values[name] = _value(parameter, given.get(name))
        except ValueError as error:
            errors.append(_wrong(name, str(error)))
    if errors:
        raise Invalid("request_invalid", f"The parameters do not fit the question {question.name}.", errors=errors)
    return values


def _value(parameter: Parameter, text: str | None) -> Any:
    if text is None:
        if parameter.required:
            raise ValueError(f"is missing: {parameter.description}")
        return parameter.default
    try:
        value = parameter.read(text)
    except ValueError:
        raise ValueError(f"is no {parameter.type}; write it as {_WRITTEN[parameter.type]}") from None
    if parameter.name == "limit" and not 1 <= value <= MOST_ROWS:
        raise ValueError(f"must be from 1 to {MOST_ROWS}")
    if "\0" in text or (parameter.type == "integer" and abs(value) >= 2**63):
        raise ValueError("is beyond what the graph can hold")
    return value


def _wrong(name: str, message: str) -> dict[str, str]:
    return {"parameter": name, "message": message}
