"""What one transaction has read and decided so far: first what processes were posted, then what is asked of them.

Nothing here waits: everything that decisions need was read before, and what they do is written after.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from engine.core.callers import SYSTEM
from engine.core.commands import (
    Command,
    HearChild,
    Kept,
    Post,
    Start,
    TakeKept,
    TaskCommand,
)
from engine.core.decide import decide
from engine.core.decision import Decision
from engine.core.errors import EngineError, NotFound, Stale
from engine.core.events import Ended, MessageDelivered, MessageRefused
from engine.core.free_text import without_sensitive
from engine.core.journey import Journey
from engine.core.process import Process
from engine.core.values import canonical
from engine.ports import Address, Commit, Locked, Pending, Remembered, TakenUp

_log = structlog.get_logger(__name__)

Version = tuple[str | None, str | None]
Versions = dict[Version, Journey | EngineError]
"""Journey versions as they were read, or why they cannot be."""


class Unread(Exception):
    """These versions are not in memory and are to be read first, without a lock."""

    def __init__(self, versions: Sequence[Version]) -> None:
        super().__init__(versions)
        self.versions = versions


@dataclass(slots=True)
class Batch:
    """The locked processes, and what is decided on them in turn.

    `kept` are the messages for the waits that posted commands are about; each goes to one of them (R16). `posted_to`
    are the processes that the decisions so far give something to take up; `sought`: some task seeks somebody.
    """

    locked: Locked
    remembered: dict[tuple[str, str], Remembered]
    kept: Mapping[Address, tuple[Kept, ...]] = field(default_factory=dict[Address, tuple[Kept, ...]])
    posted_to: set[str] = field(default_factory=set[str])
    sought: bool = False
    _markings: dict[str, Process] = field(default_factory=dict[str, Process])
    _versions: Versions = field(default_factory=dict[Version, Journey | EngineError])
    _heard: list[Commit] = field(default_factory=list[Commit])
    _asked: dict[int, tuple[Commit, list[Remembered]]] = field(
        default_factory=dict[int, tuple[Commit, list[Remembered]]]
    )
    _done: list[Pending] = field(default_factory=list[Pending])
    _failed: list[Pending] = field(default_factory=list[Pending])
    _replies: list[tuple[str, Post, str | None]] = field(default_factory=list[tuple[str, Post, str | None]])

    def look_up(self, versions: Versions, known: Callable[[str | None, str | None], Journey | None]) -> None:
        """Makes sure of the version of every process and child to come: one that was read, or is `known`.

        Raises:
            Unread: where some have to be read.
        """
        self._markings = dict(self.locked.markings)
        wanted = {(process.journey, process.version) for process in self._markings.values()}
        wanted |= {_called(pending) for pending in self.locked.pending if isinstance(pending.command, Start)}
        self._versions = {
            version: found for version in wanted if (found := versions.get(version) or known(*version)) is not None
        }
        if missing := wanted.difference(self._versions):
            raise Unread(sorted(missing, key=str))

    def addresses(self) -> list[Address]:
        """Where kept messages may lie for the waits that have begun, each once and sorted."""
        found = {address for pending in self.locked.pending if (address := self._address(pending))}
        return sorted(found)

    def take_up(self) -> None:
        """Decides what the locked processes were posted, in the order of posting."""
        for pending in self.locked.pending:
            if pending.put_off or any(pending.process == failed.process for failed in self._failed):
                self._failed.append(pending)
                continue
            try:
                self._hear(pending)
            except EngineError as refusal:
                _log.info("command.refused", process=pending.process, command=_name(pending), code=refusal.code)
                self._tell_parent(pending)
            except Exception:
                _log.exception("command.failed", process=pending.process, command=_name(pending))
                self._failed.append(pending)
                continue
            self._done.append(pending)

    def decide(self, process: str, command: Command, journey: Journey | None) -> tuple[Journey, Decision]:
        """What `command` does to the process as it is by now; `journey` is that of a start.

        Raises:
            EngineError: where it is refused.
        """
        marking = self._markings.get(process)
        if journey is None:
            if marking is None:
                raise NotFound("process_not_found")
            journey = self._version(marking.journey, marking.version)
        if journey.sensitive is not None:
            command = without_sensitive(command, marking, journey.sensitive)
        return journey, decide(journey, marking, command, self.locked.now)

    def refuse_stale(self, process: str, command: Command, if_match: int | None) -> None:
        """Lets nobody change what has changed since it was read (`If-Match`).

        Raises:
            Stale: `stale_version`, with the `version` it has now.
        """
        marking = self._markings.get(process)
        if if_match is None or marking is None:
            return
        version = _task_version(self.locked, marking, command) if isinstance(command, TaskCommand) else marking.seq
        if version is not None and version != if_match:
            raise Stale("stale_version", f"It is version {version} by now, not the one you have read.", version=version)

    def accept(self, place: int, commit: Commit, kept: list[Remembered]) -> None:
        """Takes a decision in, with the answer to be remembered for the keys of the ask at `place`."""
        self._asked[place] = (commit, kept)
        self._note(commit.decision)
        self.remembered |= {(each.key.caller, each.key.key): each for each in kept}

    def drop(self, place: int) -> None:
        """Takes back what was decided for the ask at `place`, which started a process."""
        del self._asked[place]

    def decisions(self) -> Iterator[tuple[int, Decision]]:
        """What was decided for each ask that was accepted, by its place."""
        return ((place, commit.decision) for place, (commit, _) in self._asked.items())

    def commits(self) -> list[Commit]:
        """What there is to write, in the order it was decided."""
        asked = [commit for commit, _ in self._asked.values()]
        return [commit for commit in (*self._heard, *asked) if commit.decision.events or commit.decision.posts]

    def answers(self) -> list[Remembered]:
        """What is to be remembered."""
        return [each for _, kept in self._asked.values() for each in kept]

    def taken_up(self) -> TakenUp:
        """What became of posted commands; what only waits behind a failed one stays as it is."""
        first = {pending.process: pending for pending in reversed(self._failed)}
        failed = tuple(pending for pending in first.values() if not pending.put_off)
        return TakenUp(tuple(self._done), failed, tuple(self._replies))

    def _hear(self, pending: Pending) -> None:
        command: Command = pending.command
        journey: Journey | None = None
        if isinstance(command, Start):
            if pending.process in self._markings:
                return
            journey = self._version(*_called(pending))
        if isinstance(command, TakeKept) and (address := self._address(pending)):
            command = replace(command, kept=self.kept.get(address, ()))
        journey, decision = self.decide(pending.process, command, journey)
        self._heard.append(Commit(decision, pending.correlation_id, journey.sensitive))
        self._note(decision)
        self._use_up(decision)

    def _note(self, decision: Decision) -> None:
        after = decision.after
        self._markings[after.id] = after
        self.posted_to |= {post.to for post in decision.posts}
        self.sought = self.sought or any(after.tasks[n].seeks for n in after.changes.tasks)

    def _use_up(self, decision: Decision) -> None:
        facts = [event.fact for event in decision.events]
        used = {fact.kept for fact in facts if isinstance(fact, MessageDelivered | MessageRefused)}
        if used.difference({None}):
            self.kept = {
                address: tuple(each for each in kept if each.row not in used) for address, kept in self.kept.items()
            }

    def _tell_parent(self, pending: Pending) -> None:
        """A child that cannot be started has failed: its parent must not wait for it."""
        command = pending.command
        if isinstance(command, Start) and command.parent is not None:
            heard = HearChild(SYSTEM, command.process, Ended("failed", None, {}))
            self.posted_to.add(command.parent.process)
            self._replies.append((pending.process, Post(command.parent.process, heard), pending.correlation_id))

    def _version(self, journey: str | None, version: str | None) -> Journey:
        found = self._versions[journey, version]
        if isinstance(found, EngineError):
            raise found
        return found

    def _address(self, pending: Pending) -> Address | None:
        """Where the messages lie that a wait which has just begun may take; None once it is over."""
        marking = self.locked.markings.get(pending.process)
        if not isinstance(pending.command, TakeKept) or marking is None:
            return None
        wait = marking.waits.get(pending.command.wait)
        return (wait.name, canonical(wait.key)) if wait else None


def _called(pending: Pending) -> Version:
    journey, _, version = (pending.calls or "").partition("@")
    return journey or None, version or None


def _name(pending: Pending) -> str:
    return type(pending.command).__name__


def _task_version(locked: Locked, marking: Process, command: TaskCommand) -> int | None:
    """The version the task will have when it is written: one more than it had, if this batch has changed it."""
    task = marking.tasks.get(command.task)
    if task is None:
        return None
    was = locked.markings[marking.id].tasks.get(command.task) if marking.id in locked.markings else None
    return task.version if was == task else (was.version if was else 0) + 1
