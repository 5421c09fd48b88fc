"""Many tasks from hand to hand at once: a person leaves, or a role's work goes to another person.

What is moved is found by what it is now, and each task only if it has not changed since it was found: so a request that
was cut off can be sent again, and goes on with what is left. A preview asks the same `decide`, and writes nothing.
What a person delegated is found with what they have: who gets their work gets it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from engine.commit import Answer
from engine.core.decide import decide
from engine.core.errors import EngineError, Invalid
from engine.core.ids import numbered, split
from engine.journeys import Journeys
from engine.ports import Movable, MovableFilter, ProcessRow, Reads, TaskLists
from engine.services.calls import Call, require
from engine.services.handing import Handing, Receiver, Wish
from engine.services.remembered import Memory

MOST_SHOWN: Final = 50
"""Tasks of either kind that an answer lists."""
MOST_JUDGED: Final = 200
"""Tasks that a preview judges one by one; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Move:
    """What to move, and to whom; `to` None releases it to its role.

    At most `limit` tasks are looked at, those behind `cursor` where there is one.
    """

    wanted: MovableFilter
    to: str | None
    reason: str
    force: bool = False
    limit: int = 1000
    cursor: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class MovedTask:
    """A task that was moved, or would be."""

    id: str
    name: str
    process_title: str
    role: str | None
    journey: str | None
    assignee: str | None
    status: str


@dataclass(frozen=True, slots=True)
class NotMoved:
    """A task that stays where it is, and why."""

    id: str
    name: str
    role: str | None
    assignee: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class MoveAnswer:
    """What became of a move, or in a `preview` would become of it.

    `matching` are all tasks that it was about when it began, counted `by` role and journey too. `moved` and `refused`
    count what was looked at; `items` and `refusals` list the first 50 of each, as they were found. There is a
    `next_cursor` where more match than were looked at.
    """

    preview: bool
    matching: int
    by: Mapping[str, Mapping[str, int]]
    moved: int
    refused: int
    items: tuple[MovedTask, ...]
    refusals: tuple[NotMoved, ...]
    next_cursor: str | None


@dataclass(slots=True)
class _Outcome:
    """What became of the tasks that were looked at."""

    moved: list[Movable] = field(default_factory=list[Movable])
    refused: list[tuple[Movable, EngineError]] = field(default_factory=list[tuple[Movable, EngineError]])
    last: Movable | None = None
    more: bool = False

    def note(self, task: Movable, refusal: EngineError | None) -> None:
        """Takes in the next."""
        if refusal is None:
            self.moved.append(task)
        else:
            self.refused.append((task, refusal))
        self.last = task


class Moving:
    """Moves tasks in batches, each written in one transaction; a refusal takes no other task with it."""

    def __init__(
        self,
        handing: Handing,
        journeys: Journeys,
        reads: Reads,
        lists: TaskLists,
        memory: Memory,
        batch: int,
    ) -> None:
        """At most `batch` tasks are moved in one transaction."""
        self._handing = handing
        self._journeys = journeys
        self._reads = reads
        self._lists = lists
        self._memory = memory
        self._batch = batch

    async def preview(self, call: Call, move: Move) -> MoveAnswer:
        """What the move would do now. At most 200 tasks are judged; the others are counted.

        Raises:
            Invalid: `assignee_unfit`, where nothing at all can be given to that person.
            Forbidden: `permission_denied`, where `force` is not the caller's to use.
        """
        receiver = await self._receiver(call, move)
        move = replace(_seen_by(call, move), limit=min(move.limit, MOST_JUDGED))
        outcome = _Outcome()
        counts = await self._lists.count_movable(move.wanted)
        found = await self._lists.movable(move.wanted, move.cursor, move.limit + 1)
        rows: dict[str, ProcessRow | None] = {}
        for task in found[: move.limit]:
            if task.process not in rows:
                rows[task.process] = await self._reads.process(task.process, call.caller)
            outcome.note(task, await self._judged(call, task, receiver, rows[task.process]))
        outcome.more = len(found) > move.limit
        return _answer(outcome, counts.total, {"role": counts.role, "journey": counts.journey}, preview=True)

    async def move(self, call: Call, move: Move) -> Answer:
        """Moves what is found, in the order of processes and numbers; 200 with a `MoveAnswer`.

        Raises:
            Invalid: `assignee_unfit`, where nothing at all can be given to that person.
            Forbidden: `permission_denied`, where `force` is not the caller's to use.
            Unavailable: when the database is away; what was moved until then is moved.
        """

        async def act() -> Answer:
            receiver = await self._receiver(call, move)
            ours = _seen_by(call, move)
            counts = await self._lists.count_movable(ours.wanted)
            outcome = await self._moved(call, ours, receiver)
            by = {"role": counts.role, "journey": counts.journey}
            return Answer(200, _answer(outcome, counts.total, by, preview=False))

        return await self._memory.once(call.key, act)

    async def _moved(self, call: Call, move: Move, receiver: Receiver) -> _Outcome:
        outcome, after, left = _Outcome(), move.cursor, move.limit
        while left > 0:
            size = min(left, self._batch)
            found = await self._lists.movable(move.wanted, after, size + 1)
            some = found[:size]
            for task, refusal in zip(some, await self._handing.give(call, some, receiver), strict=True):
                outcome.note(task, refusal)
            outcome.more = len(found) > size
            if not outcome.more:
                break
            after, left = (some[-1].process, some[-1].n), left - size
        return outcome

    async def _judged(
        self, call: Call, task: Movable, receiver: Receiver, row: ProcessRow | None
    ) -> EngineError | None:
        """Why the task would not be moved; None where it would."""
        if row is None:
            return None
        process = row.process
        journey = await self._journeys.get(process.journey, process.version)
        try:
            decide(journey, process, receiver.command(call, task), process.last_at or process.started_at)
        except EngineError as refusal:
            return refusal
        return None

    async def _receiver(self, call: Call, move: Move) -> Receiver:
        """Who gets it all; whoever can get nothing is refused at once."""
        if move.force:
            require(call.caller, "task:reassign")
        wish = Wish(move.to, move.reason, leaver=move.wanted.assignee, force=move.force)
        receiver = await self._handing.receiver(wish)
        receiver.check(None)
        return receiver


def read_cursor(text: str | None) -> tuple[str, int] | None:
    """Where to go on: the task behind which it does.

    Raises:
        Invalid: `cursor_invalid`.
    """
    if text is None:
        return None
    place = split(text)
    if place is None:
        raise Invalid("cursor_invalid")
    return place


def _seen_by(call: Call, move: Move) -> Move:
    """The move over what the caller sees; only what somebody has can be released."""
    return replace(move, wanted=replace(move.wanted, visible_to=call.caller, held=move.to is None))


def _answer(outcome: _Outcome, matching: int, by: Mapping[str, Mapping[str, int]], *, preview: bool) -> MoveAnswer:
    last = outcome.last
    return MoveAnswer(
        preview=preview,
        matching=matching,
        by=by,
        moved=len(outcome.moved),
        refused=len(outcome.refused),
        items=tuple(map(_moved_task, outcome.moved[:MOST_SHOWN])),
        refusals=tuple(_not_moved(*one) for one in outcome.refused[:MOST_SHOWN]),
        next_cursor=numbered(last.process, last.n) if last is not None and outcome.more else None,
    )


def _moved_task(task: Movable) -> MovedTask:
    id = numbered(task.process, task.n)
    return MovedTask(id, task.name, task.process_title, task.role, task.journey, task.assignee, task.status)


def _not_moved(task: Movable, refusal: EngineError) -> NotMoved:
    id = numbered(task.process, task.n)
    return NotMoved(id, task.name, task.role, task.assignee, refusal.code, refusal.detail)
