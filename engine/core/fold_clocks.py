"""The fold of what happens to the clocks of service levels."""

from datetime import datetime, timedelta
from typing import Any

from engine.core.clock_facts import AtRisk, Breached, ClockEnded, ClockPaused, ClockSet, Escalated, Met
from engine.core.clocks import Clock, Mark, Watch, begun, key_of, resumed, stopped
from engine.core.events import Event
from engine.core.facts import ClockFact
from engine.core.frozen import changed
from engine.core.noting import change_task, put_watch
from engine.core.process import Process


def evolve_clock(process: Process, event: Event) -> None:
    """Applies an event about a clock.

    Raises:
        ValueError: for a fact that there is no case for.
    """
    match event.fact:
        case ClockSet(clock=int(n), marks=marks) as fact:
            process.last_watch = n
            watch = Watch(n, fact.of, fact.atom, fact.visit, fact.part, begun(marks, event.at))
            put_watch(process, watch)
        case ClockSet(marks=marks) as fact:
            _put(process, fact, resumed(_clock(process, fact), marks))
        case ClockPaused() as fact:
            _put(process, fact, stopped(_clock(process, fact), _left(fact)))
        case AtRisk() as fact:
            _change(process, fact, state="at_risk")
        case Breached() as fact:
            _change(process, fact, state="breached")
        case Escalated(level=level, next_at=next_at) as fact:
            _change(process, fact, escalated=level, escalate_at=next_at)
        case Met() as fact:
            _change(process, fact, state="met")
            _end(process, fact, event.at)
        case ClockEnded() as fact:
            _end(process, fact, event.at)
        case fact:
            raise ValueError(f"{fact.name} is no fact about a clock")


def end_watches(process: Process, at: datetime) -> None:
    """With a process all its clocks are over."""
    for watch in list(process.running_watches()):
        put_watch(process, changed(watch, ended_at=at))


def _clock(process: Process, fact: ClockFact) -> Clock:
    if fact.task is None:
        return process.watches[_key(fact)].clock
    clock = process.tasks[fact.task].sla
    assert clock is not None, "a fact about a clock is about one that is there"
    return clock


def _key(fact: ClockFact) -> str:
    return key_of(fact.of, fact.part or fact.atom)


def _left(fact: ClockPaused) -> dict[Mark, timedelta | None]:
    return {"target": fact.target_left, "warn": fact.warn_left, "escalate": fact.escalate_left}


def _change(process: Process, fact: ClockFact, **changes: Any) -> None:
    _put(process, fact, changed(_clock(process, fact), **changes))


def _put(process: Process, fact: ClockFact, clock: Clock) -> None:
    if fact.task is not None:
        change_task(process, fact.task, sla=clock)
    else:
        put_watch(process, changed(process.watches[_key(fact)], clock=clock))


def _end(process: Process, fact: ClockFact, at: datetime) -> None:
    if fact.task is None:
        put_watch(process, changed(process.watches[_key(fact)], ended_at=at))
