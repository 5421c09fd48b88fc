"""What is written of processes of versions with sensitive data: sealed before it becomes rows.

What one process tells another, and what is remembered for a key, is sealed as a whole: nothing in the database looks
into it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.core.covering import Cover
from engine.core.errors import Conflict
from engine.core.events import Event
from engine.core.frozen import changed
from engine.ports import Commit, Remembered
from engine.store.rows import Row
from engine.store.sealing import Keys, text_sealed

Covers = Mapping[str, Cover]
"""What seals the values of each process, by its id; those that have nothing sensitive are left out."""

_NONE: Final[Covers] = {}


def covers_of(commits: Sequence[Commit], keys: Keys | None) -> Covers:
    """What seals the values of the processes that these commits are of.

    Raises:
        Conflict: `sensitive_keys_missing`.
    """
    found = {commit.decision.after.id: commit.sensitive for commit in commits if commit.sensitive is not None}
    if not found:
        return _NONE
    if keys is None:
        raise Conflict("sensitive_keys_missing")
    return {process: Cover(sensitive, keys.hidden) for process, sensitive in found.items()}


def covered_event(event: Event, covers: Covers) -> Event:
    """The event with its values sealed."""
    cover = covers.get(event.process)
    return changed(event, fact=cover.fact(event.fact)) if cover else event


def sealed_post(row: Row, covers: Covers) -> Row:
    """The row of a posted command; where who posts has sensitive data, what it says is sealed."""
    cover = covers.get(row["from_process_id"])
    return {**row, "payload": cover.hidden(row["payload"])} if cover else row


def sealed_answer(answer: Remembered, keys: Keys | None) -> Remembered:
    """A remembered answer and the fingerprint of its request, from which short values could be guessed."""
    key = replace(answer.key, fingerprint=text_sealed(answer.key.fingerprint, keys))
    return replace(answer, key=key, body=text_sealed(answer.body.decode(), keys).encode())
