"""The shapes of the inbox, beside those of `engine.answers`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.clock_answers import SlaAnswer


# Not frozen: there are many on a page, and freezing would take most of the time of making them. `input` and `output`
# may be JSON texts (`msgspec.Raw`), which are passed on as they are.
@dataclass(slots=True)
class InboxItem:
    """A task in the inbox: without its form, and with what a list shows besides.

    `not_for_you` is the code with which claiming it would be refused; null where the caller may take it or has it.
    """

    id: str
    kind: str
    process: str
    process_title: str
    journey: str | None
    atom: str | None
    visit: int | None
    item_index: int | None
    name: str
    role: str | None
    assignee: str | None
    status: str
    priority: str
    due_at: str | None
    sla: SlaAnswer
    input: Mapping[str, Any]
    output: Mapping[str, Any] | None
    form: None
    created_at: str
    started_at: str | None
    ended_at: None
    version: int
    description: str | None
    optional: bool
    delegated_by: str | None
    seeking: bool
    escalations: int
    journey_version: str | None
    business_key: str | None
    not_for_you: Literal["not_skilled", "kept_for_another", "given_by_hand"] | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are, counted to a bound: beyond it there are `more`, and `text` says so ("1,000+")."""

    count: int
    more: bool
    text: str


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How much open work there is, for each scope that was asked for."""

    mine: Tally | None = None
    roles: Tally | None = None
    team: Tally | None = None
    delegated: Tally | None = None
