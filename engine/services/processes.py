"""Processes: start, look at, change, suspend and end them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from engine.answers import Counted, EventAnswer, Page, ProcessAnswer, ProcessSummary, StepAnswer
from engine.clock import new_id
from engine.commit import Answer, Commits
from engine.core.commands import (
    Cancel,
    ChangeContext,
    Command,
    End,
    PutOff,
    RepeatAtom,
    Resume,
    SkipStep,
    Start,
    Suspend,
)
from engine.core.errors import Conflict, EngineError, Invalid
from engine.core.journey import Journey, Priority
from engine.core.semver import latest
from engine.journeys import Journeys
from engine.ports import ProcessFilter, ProcessRow, Reads, Versions
from engine.services.calls import Call, require
from engine.services.histories import shown
from engine.services.pictures import Picture, picture_of_process
from engine.services.remembered import Memory
from engine.services.shapes import changed_process, children_of, process_answer
from engine.services.unknown import no_journey, no_process, no_version
from engine.services.whereabouts import located

Wanted = Literal["running", "suspended", "completed", "failed", "cancelled"]
"""The states that a process may be put into by hand."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a process is started with; without a `version` it is the latest published one.

    `part` is a phase or module, None for the whole version; it does not start before `not_before` (R1).
    """

    journey: str
    version: str | None = None
    part: str | None = None
    business_key: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    priority: Priority = "medium"
    due_at: datetime | None = None
    not_before: datetime | None = None


class Processes:
    """Everything that is asked of processes. A process that the caller may not see does not exist."""

    def __init__(self, commits: Commits, journeys: Journeys, versions: Versions, reads: Reads, memory: Memory) -> None:
        self._commits = commits
        self._journeys = journeys
        self._versions = versions
        self._reads = reads
        self._memory = memory

    async def start(self, call: Call, opening: Opening) -> Answer:
        """Starts a process (R1); 201 with a `ProcessAnswer`.

        Raises:
            NotFound: `journey_not_found`, `version_not_found`, `part_not_found`.
            Conflict: `journey_paused`, `business_key_taken`, `idempotency_mismatch`.
            Invalid: `context_invalid`, `part_not_closed`.
        """
        require(call.caller, "process:start")
        try:
            journey = await self._startable(opening)
        except EngineError:
            # What was answered once is answered again, though new starts were stopped meanwhile (R17).
            if kept := await self._memory.recall(call.key):
                return kept
            raise
        process = new_id()
        command = Start(
            by=call.caller,
            process=process,
            context=opening.context,
            part=opening.part,
            business_key=opening.business_key,
            priority=opening.priority,
            due_at=opening.due_at,
            not_before=opening.not_before,
        )
        return await self._commits(replace(call.ask(process, command, changed_process, 201), journey=journey))

    async def get(self, call: Call, id: str, all_visits: bool = False) -> ProcessAnswer:
        """One process; with `all_visits`, its steps are every visit of every atom."""
        row = await self._seen(call, id)
        journey = await self._journey(row)
        children = children_of(row.children)
        answer = process_answer(journey, row.process, row.title, children, row.clock)
        if not all_visits:
            return answer
        order = {atom: place for place, atom in enumerate(journey.atoms)}
        steps: list[StepAnswer] = sorted(
            await self._reads.all_visits(id), key=lambda step: (order[step.atom], step.visit)
        )
        called = (replace(step, children=children.get((step.atom, step.visit), ())) for step in steps)
        return replace(answer, steps=tuple(called))

    async def find(self, call: Call, wanted: ProcessFilter, cursor: str | None, limit: int) -> Page[ProcessSummary]:
        """The processes that the caller may see, newest first; one's own with where they stand.

        Raises:
            Invalid: `request_invalid`, where they are looked for by sensitive data: addresses are written down.
        """
        if wanted.context and (hidden := sorted(await self._versions.sensitive_names() & wanted.context.keys())):
            raise _sensitive(hidden)
        everything = call.caller.may("process:read_all")
        seen = replace(wanted, visible_to=None if everything else call.caller)
        page = await self._reads.processes(seen, cursor, limit)
        if wanted.involved is None:
            return page
        return replace(page, items=await located(self._reads, self._journeys, page.items))

    async def stats(self, call: Call) -> Counted:
        """How many processes the caller may see, by status, journey and outcome."""
        counts = await self._reads.process_counts(None if call.caller.may("process:read_all") else call.caller)
        return Counted(sum(counts.get("status", {}).values()), counts)

    async def history(self, call: Call, id: str, cursor: str | None, limit: int) -> Page[EventAnswer]:
        """Its events, oldest first."""
        await self._seen(call, id)
        page = await self._reads.history(id, cursor, limit, call.caller)
        return replace(page, items=tuple(map(shown, page.items)))

    async def visualize(self, call: Call, id: str) -> Picture:
        """Its atoms with state and visit, and its edges with their result."""
        row = await self._seen(call, id)
        return picture_of_process(await self._journey(row), row.process)

    async def suspend(self, call: Call, id: str, reason: str) -> Answer:
        """Starts nothing and fires no timer from now on; its children alike (R12). The answer is the process."""
        return await self._change(call, id, "process:suspend", Suspend(call.caller, reason))

    async def resume(self, call: Call, id: str, reason: str | None) -> Answer:
        """Goes on, with the time that was left (R12); the answer is the process."""
        return await self._change(call, id, "process:resume", Resume(call.caller, reason))

    async def cancel(self, call: Call, id: str, reason: str, compensate: bool = False) -> Answer:
        """Ends all that is open, and with `compensate` undoes what was completed (R13); the answer is the process."""
        return await self._change(call, id, "process:cancel", Cancel(call.caller, reason, compensate))

    async def end(self, call: Call, id: str, status: Literal["completed", "failed"], reason: str) -> Answer:
        """Ends it by hand, as completed or failed (R18); the answer is the process."""
        return await self._change(call, id, "process:end", End(call.caller, status, reason))

    async def put_into(self, call: Call, id: str, status: Wanted, reason: str) -> Answer:
        """The operation that leads to `status`: resuming, suspending, cancelling, or ending by hand."""
        match status:
            case "running":
                return await self.resume(call, id, reason)
            case "suspended":
                return await self.suspend(call, id, reason)
            case "cancelled":
                return await self.cancel(call, id, reason)
            case _:
                return await self.end(call, id, status, reason)

    async def put_off(self, call: Call, id: str, not_before: datetime, reason: str) -> Answer:
        """Changes the time before which a pending process does not start (R1); the answer is the process."""
        return await self._change(call, id, "process:put_off", PutOff(call.caller, not_before, reason))

    async def change_context(self, call: Call, id: str, patch: Mapping[str, Any], reason: str) -> Answer:
        """Changes the case data by a JSON merge patch (R18); the answer is the process."""
        return await self._change(call, id, "process:change_context", ChangeContext(call.caller, patch, reason))

    async def skip_step(self, call: Call, id: str, atom: str, reason: str, take: tuple[str, ...]) -> Answer:
        """Skips an active or held step; `take` are targets of its forward edges (R18). The answer is the process."""
        return await self._change(call, id, "step:skip", SkipStep(call.caller, atom, reason, take))

    async def repeat_atom(self, call: Call, id: str, atom: str, reason: str) -> Answer:
        """Goes back to an atom, as a rework does (R7, R18); the answer is the process."""
        return await self._change(call, id, "step:repeat", RepeatAtom(call.caller, atom, reason))

    async def _change(self, call: Call, id: str, permission: str, command: Command) -> Answer:
        await self._seen(call, id)
        require(call.caller, permission)
        return await self._commits(call.ask(id, command, changed_process))

    async def _seen(self, call: Call, id: str) -> ProcessRow:
        row = await self._reads.process(id, call.caller)
        if row is None or not row.visible:
            raise no_process(id)
        return row

    async def _journey(self, row: ProcessRow) -> Journey:
        return await self._journeys.get(row.process.journey, row.process.version)

    async def _startable(self, opening: Opening) -> Journey:
        record = await self._versions.journey(opening.journey)
        if record is None:
            raise await no_journey(opening.journey, self._versions)
        published = [version for version, status in record.versions if status == "published"]
        version = opening.version or latest(published)
        if version not in published:
            raise no_version(opening.version, record)
        if record.paused:
            raise Conflict("journey_paused", f"New starts of {opening.journey} are stopped.")
        return await self._journeys.get(opening.journey, version)


def _sensitive(names: Sequence[str]) -> Invalid:
    message = "is sensitive: nobody looks for processes by it"
    errors = [{"pointer": f"/context.{name}", "message": message} for name in names]
    return Invalid("request_invalid", "Processes cannot be found by sensitive data.", errors=errors)
