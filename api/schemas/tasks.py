"""Requests about tasks, and the answer to completing many."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.documents import Brought
from api.schemas.requests import Name, RequestBody, Time, Values
from engine.answers import CompletedAnswer
from engine.core.commands import Extra


class AddTask(RequestBody):
    """R18: a task off the graph, of a `process` or of none. It keeps its process open unless it is `optional`."""

    process: Name | None = None
    name: Name
    role: Name
    description: Annotated[str, Field(max_length=10_000)] | None = None
    priority: Literal["low", "medium", "high", "critical"] | None = None
    due: Time | None = None
    optional: bool = False

    def extra(self) -> Extra:
        """As the service takes it."""
        return Extra(
            name=self.name,
            role=self.role,
            description=self.description,
            priority=self.priority,
            due_at=self.due,
            optional=self.optional,
        )


class CompleteTask(RequestBody):
    """What the performer hands in (R9)."""

    output: Values = Field(default_factory=dict)
    documents: Brought = Field(default_factory=dict)


class CompletionItem(RequestBody):
    """One task of many. The key is as good as that of completing it by itself, and the other way round."""

    task_id: Name
    output: Values = Field(default_factory=dict)
    documents: Brought = Field(default_factory=dict)
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = None

    def single(self) -> Values:
        """The body of the request that completes it by itself."""
        return {"output": self.output} | self.model_dump(include={"documents"}, exclude_unset=True)


class CompleteTasks(RequestBody):
    """Tasks to complete together; none depends on another's success."""

    items: Annotated[list[CompletionItem], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """What became of one item: an `answer`, or a `problem` as the single operation would have given."""

    task_id: str
    status: int
    answer: CompletedAnswer | Any = None
    problem: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CompletionResults:
    """One result for each item, in order."""

    items: tuple[CompletionResult, ...]
