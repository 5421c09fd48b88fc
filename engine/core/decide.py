"""The brain: what a command does to a process. Pure: the same arguments give the same decision.

What comes in is a command, the marking it meets, and the time read after the process was locked; what goes out is a
`Decision`: the events, the rows they change, and what is asked of other processes. A command that is refused raises,
and nothing has happened.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, cast

from engine.core import by_hand, documents, hearing, inheriting, people, sharing, standing
from engine.core.advance import advance
from engine.core.commands import (
    AddTask,
    AssignTask,
    BlockTask,
    Cancel,
    ChangeContext,
    ChangeTask,
    ClaimTask,
    Command,
    CommentOnTask,
    CompleteTask,
    CompleteWork,
    DelegateTask,
    DeliverMessage,
    End,
    EscalateTask,
    ExpireLease,
    FailTask,
    FailWork,
    FindNobody,
    FireTimers,
    HearChild,
    PutOff,
    ReassignTask,
    ReleaseTask,
    RepeatAtom,
    Resume,
    RetryIncident,
    ReturnTask,
    SkipIncident,
    SkipStep,
    Start,
    StartTask,
    Strike,
    Suspend,
    TakeKept,
    UnblockTask,
)
from engine.core.decision import Decision
from engine.core.documents import AcceptDocument, ReceiveDocument, RefuseDocument
from engine.core.errors import Invalid, NotFound
from engine.core.events import Event, ProcessStarted
from engine.core.fold import born
from engine.core.inheriting import InheritTask
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.scope import Scope
from engine.core.settling import settle
from engine.core.states import taking
from engine.core.timekeeping import keep_time, strike
from engine.core.turn import Turn, changed_dimensions

_Meaning = Callable[[Turn, Command], None]

_MEANINGS: Final = cast(
    "Mapping[type[Command], _Meaning]",
    {
        CompleteTask: people.complete_task,
        ClaimTask: people.claim,
        StartTask: people.start_task,
        AssignTask: sharing.assign,
        FindNobody: sharing.find_nobody,
        ReleaseTask: sharing.release,
        ReassignTask: sharing.reassign,
        DelegateTask: sharing.delegate,
        InheritTask: inheriting.inherit,
        ReturnTask: sharing.give_back,
        EscalateTask: sharing.escalate,
        ChangeTask: sharing.change,
        CommentOnTask: sharing.comment,
        FailTask: people.fail_task,
        BlockTask: people.block,
        UnblockTask: people.unblock,
        AddTask: people.add_task,
        CompleteWork: people.work_done,
        FailWork: people.work_failed,
        ExpireLease: people.lease_expired,
        FireTimers: hearing.fire,
        Strike: strike,
        DeliverMessage: hearing.deliver,
        TakeKept: hearing.take_kept,
        HearChild: hearing.child_ended,
        RetryIncident: by_hand.retry,
        SkipIncident: by_hand.skip_incident,
        SkipStep: by_hand.skip_step,
        RepeatAtom: by_hand.repeat,
        ChangeContext: by_hand.change_context,
        PutOff: by_hand.put_off,
        ReceiveDocument: documents.receive,
        AcceptDocument: documents.accept,
        RefuseDocument: documents.refuse,
        Suspend: standing.suspend,
        Resume: standing.resume,
        Cancel: by_hand.cancel,
        End: by_hand.end_process,
    },
)


def decide(journey: Journey, process: Process | None, command: Command, now: datetime) -> Decision:
    """What `command` does to `process` (None for a start) at `now`.

    Raises:
        EngineError: when the command is refused: `process_ended`, `process_suspended`, `invalid_transition`,
            `not_your_task`, `task_not_found`, `incident_not_found`, `atom_not_found`, `output_invalid`,
            `context_invalid`, `lease_lost`, `wait_gone`, `rework_limit`, `documents_missing`,
            `document_not_found`, `not_your_document`, `part_not_found`, `part_not_closed`.
    """
    if isinstance(command, Start):
        return _start(journey, command, now)
    assert process is not None, "only a start has no process"
    turn = Turn.on(journey, taking(process, command), now, command.by.id)
    _MEANINGS[type(command)](turn, command)
    keep_time(turn)
    return turn.decision()


def _start(journey: Journey, command: Start, now: datetime) -> Decision:
    """R1."""
    definition = journey.definition
    if journey.part(command.part) is None:
        known = [phase.id for phase in definition.phases] + [module.id for module in definition.modules]
        detail = f"{journey.ref} has no phase or module {command.part}."
        raise NotFound("part_not_found", detail, part=command.part, known=known)
    scope = Scope.of(journey, command.part)
    if command.part is not None and not scope.closed():
        raise Invalid("part_not_closed", part=command.part)
    errors = journey.schemas.errors("context", command.context)
    if errors:
        raise Invalid("context_invalid", f"The case data break the schema of {journey.ref}.", errors=errors)
    fact = ProcessStarted(
        journey=definition.key or None,
        version=definition.version or None,
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
        people.add_extra(turn, command.task)
    settle(turn, fact.entries)
    advance(turn)
    keep_time(turn)
    return turn.decision()
