"""The brain: what a command does to a process. Pure: the same arguments give the same decision.

What comes in is a command, the marking it meets, and the time read after the process was locked; what goes out is a
`Decision`: the events, the rows they change, and what is asked of other processes. A command that is refused raises,
and nothing has happened.
"""

from datetime import datetime

from engine.core import by_hand, hearing, people, standing
from engine.core.advance import advance
from engine.core.commands import (
    AddTask,
    BlockTask,
    Cancel,
    ChangeContext,
    ClaimTask,
    Command,
    CompleteTask,
    CompleteWork,
    DeliverMessage,
    End,
    ExpireLease,
    FailTask,
    FailWork,
    FireTimers,
    HearChild,
    PutOff,
    ReassignTask,
    ReleaseTask,
    RepeatAtom,
    Resume,
    RetryIncident,
    SkipIncident,
    SkipStep,
    Start,
    StartTask,
    Suspend,
    TakeKept,
    UnblockTask,
)
from engine.core.decision import Decision
from engine.core.ending import end
from engine.core.errors import Invalid, NotFound
from engine.core.events import Event, ProcessStarted
from engine.core.fold import born
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.routing import Scope
from engine.core.settling import settle
from engine.core.states import taking
from engine.core.turn import Turn, changed_dimensions


def decide(  # noqa: C901, PLR0912, PLR0915 - one case for each command
    journey: Journey, process: Process | None, command: Command, now: datetime
) -> Decision:
    """What `command` does to `process` (None for a start) at `now`.

    Raises:
        EngineError: when the command is refused: `process_ended`, `process_suspended`, `invalid_transition`,
            `not_your_task`, `task_not_found`, `incident_not_found`, `atom_not_found`, `output_invalid`,
            `context_invalid`, `lease_lost`, `wait_gone`, `rework_limit`, `part_not_found`, `part_not_closed`.
    """
    if isinstance(command, Start):
        return _start(journey, command, now)
    assert process is not None, "only a start has no process"
    turn = Turn.on(journey, taking(process, command), now, command.by.id)
    match command:
        case CompleteTask():
            people.complete_task(turn, command)
        case ClaimTask():
            people.claim(turn, command)
        case StartTask():
            people.start_task(turn, command)
        case ReleaseTask():
            people.release(turn, command)
        case ReassignTask():
            people.reassign(turn, command)
        case FailTask():
            people.fail_task(turn, command)
        case BlockTask():
            people.block(turn, command)
        case UnblockTask():
            people.unblock(turn, command)
        case AddTask(task=task):
            people.add_task(turn, task)
        case CompleteWork():
            people.work_done(turn, command)
        case FailWork():
            people.work_failed(turn, command)
        case ExpireLease():
            people.lease_expired(turn, command)
        case FireTimers():
            hearing.fire(turn)
        case DeliverMessage():
            hearing.deliver(turn, command)
        case TakeKept():
            hearing.take_kept(turn, command)
        case HearChild():
            hearing.child_ended(turn, command)
        case RetryIncident():
            by_hand.retry(turn, command)
        case SkipStep(atom=atom, reason=reason, take=take):
            by_hand.skip(turn, atom, reason, take)
        case SkipIncident(incident=incident, reason=reason, take=take):
            by_hand.skip(turn, by_hand.open_incident(turn, incident).atom, reason, take)
        case RepeatAtom():
            by_hand.repeat(turn, command)
        case ChangeContext():
            by_hand.change_context(turn, command)
        case PutOff():
            by_hand.put_off(turn, command)
        case Suspend():
            standing.suspend(turn, command)
        case Resume():
            standing.resume(turn, command)
        case Cancel():
            by_hand.cancel(turn, command)
        case End(status=status, reason=reason):
            end(turn, status, reason)
        case _:
            raise TypeError(f"no meaning for {type(command).__name__}")
    return turn.decision()


def _start(journey: Journey, command: Start, now: datetime) -> Decision:
    """R1."""
    definition = journey.definition
    if journey.part(command.part) is None:
        raise NotFound("part_not_found", f"{journey.ref} has no phase or module {command.part}.", part=command.part)
    scope = Scope(journey, command.part)
    if command.part is not None and not scope.closed():
        raise Invalid("part_not_closed", part=command.part)
    errors = journey.schemas.errors("context", command.context)
    if errors:
        raise Invalid("context_invalid", f"The case data break the schema of {journey.ref}.", errors=errors)
    fact = ProcessStarted(
        journey=definition.key,
        version=definition.version,
        part=command.part,
        business_key=command.business_key,
        context=command.context,
        dimensions=changed_dimensions(definition.dimensions, {}, command.context),
        priority=command.priority,
        due_at=command.due_at,
        entries=scope.entries() if command.not_before is None else (),
        not_before=command.not_before,
        parent=command.parent,
    )
    event = Event(command.process, 1, now, command.by.id, fact)
    turn = Turn(journey, None, born(event), now, command.by.id, scope, [event])
    if command.not_before is not None:
        by_hand.born_pending(turn, command.not_before)
        return turn.decision()
    if command.task is not None:
        people.add_task(turn, command.task)
    settle(turn, fact.entries)
    advance(turn)
    return turn.decision()
