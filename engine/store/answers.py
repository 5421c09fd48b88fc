"""Rows as the answers of `engine.answers`."""

from collections.abc import Mapping
from typing import Any

from engine.answers import (
    EventAnswer,
    IncidentAnswer,
    OpenIncident,
    ProcessSummary,
    StepAnswer,
    TaskAnswer,
    WaitingTask,
)
from engine.clock_answers import process_sla, sla_answer
from engine.core.ids import numbered
from engine.core.times import format_if_any, format_time, parse_time
from engine.ports import ActiveStep, ChildRow, WhereaboutsRow
from engine.store.markings import read_clock

Row = Mapping[str, Any]


def step(row: Row) -> StepAnswer:
    """A visit of an atom."""
    return StepAnswer(row["atom"], row["visit"], row["state"], row["exit"])


def summary(row: Row) -> ProcessSummary:
    """A process in a list."""
    facts: dict[str, Any] = {**row}
    facts |= {name: format_if_any(row[name]) for name in ("started_at", "ended_at", "due_at")}
    sla = process_sla(read_clock(facts.pop("sla")), facts.pop("at_risk"), facts.pop("breached"))
    return ProcessSummary(**facts, sla=sla)


def whereabouts(row: Row) -> WhereaboutsRow:
    """Where a process stands; what JSON holds of times is text."""
    id = row["id"]
    return WhereaboutsRow(
        row["journey"],
        row["version"],
        tuple(ActiveStep(one["atom"], one["visit"], parse_time(one["since"])) for one in row["steps"]),
        tuple(
            WaitingTask(
                id=numbered(id, one["n"]),
                due_at=one["due_at"] and format_time(parse_time(one["due_at"])),
                **{name: one[name] for name in ("name", "role", "assignee", "status", "priority")},
            )
            for one in row["tasks"]
        ),
        tuple(
            OpenIncident(
                id=numbered(id, one["n"]),
                raised_at=format_time(parse_time(one["raised_at"])),
                **{name: one[name] for name in ("atom", "code", "message")},
            )
            for one in row["incidents"]
        ),
    )


def child(row: Row) -> ChildRow:
    """A child that a step has or had."""
    return ChildRow(row["atom"], row["visit"], row["item_index"], row["child"])


def event(process: str, row: Row) -> EventAnswer:
    """An event of the history of `process`."""
    return EventAnswer(
        process=process,
        seq=row["seq"],
        type=row["type"],
        v=row["v"],
        at=format_time(row["at"]),
        actor=row["actor"],
        severity=row["severity"],
        correlation_id=row["correlation_id"],
        atom=row["atom"],
        visit=row["visit"],
        task=None if row["task"] is None else numbered(process, row["task"]),
        payload=row["payload"],
    )


def task(row: Row) -> TaskAnswer:
    """A task; its form is the service's to add."""
    return TaskAnswer(
        id=numbered(row["process_id"], row["n"]),
        kind=row["kind"],
        process=row["process_id"],
        process_title=row["process_title"],
        journey=row["journey"],
        atom=row["atom"],
        visit=row["visit"],
        item_index=row["item_index"],
        name=row["name"],
        role=row["role"],
        assignee=row["assignee"],
        status=row["status"],
        priority=row["priority"],
        due_at=format_if_any(row["due_at"]),
        sla=sla_answer(read_clock(row["sla"])),
        input=row["input"],
        output=row["output"],
        form=None,
        created_at=format_time(row["created_at"]),
        started_at=format_if_any(row["started_at"]),
        ended_at=format_if_any(row["ended_at"]),
        version=row["version"],
        description=row["description"],
        optional=row["optional"],
        delegated_by=row["delegated_by"],
        seeking=row["seeking"],
        escalations=row["escalations"],
    )


def incident(row: Row) -> IncidentAnswer:
    """An incident."""
    return IncidentAnswer(
        id=numbered(row["process_id"], row["n"]),
        process=row["process_id"],
        atom=row["atom"],
        visit=row["visit"],
        item_index=row["item_index"],
        code=row["code"],
        message=row["message"],
        fix=row["fix"],
        status="open" if row["resolved_at"] is None else "resolved",
        raised_at=format_time(row["raised_at"]),
        resolved_at=format_if_any(row["resolved_at"]),
    )
