"""What one transaction writes: decisions made rows, each in its last state, and the one statement that writes them.

The statement is put together of parts, one for each set of rows that is not empty: what PostgreSQL does to begin a part
costs more than a row of it, and most commits have few of them. The combinations that occur are few, and prepared.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final, LiteralString

from engine.core.decision import Decision
from engine.core.frozen import changed
from engine.core.process import Process, Task
from engine.core.values import encode
from engine.ports import Commit, Remembered, TakenUp
from engine.statements import SQL_WRITES, Statements
from engine.store import rows
from engine.store.assignments import Assignments
from engine.store.changed import Changed
from engine.store.documents import CaseDocuments
from engine.store.recent import Seen, seen
from engine.store.rows import Row
from engine.store.sealed_rows import covered_event, covers_of, sealed_answer, sealed_post
from engine.store.sealing import Keys

_PARTS: Final = Statements.load(SQL_WRITES, ".sql")
_PLACES: Final[tuple[LiteralString, ...]] = (
    *("$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$16"),
    *("$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "$27", "$28", "$29", "$30", "$31", "$32"),
)
assert len(_PARTS) <= len(_PLACES), "every set has a parameter"
_WRITTEN: Final[dict[str, LiteralString]] = {
    "started": "(SELECT count(*) FROM started)",
    "moved": "(SELECT count(*) FROM moved)",
}


Chains = Mapping[str, Sequence[Decision]]
"""The decisions on each process, in the order they were made; by the process's id."""


def chained(commits: Sequence[Commit]) -> Chains:
    """What is written of each process: the rows as the last of its decisions leaves them, the events of all.

    Raises:
        AssertionError: when a decision was not made on the outcome of the one before it.
    """
    chains: dict[str, list[Decision]] = {}
    for decision in (commit.decision for commit in commits):
        chain = chains.setdefault(decision.after.id, [])
        if chain:
            before, last = decision.before, chain[-1].after
            assert before is not None, f"{last.id} was started twice"
            assert before.seq == last.seq, f"{last.id} was decided on event {before.seq}, after {last.seq}"
        chain.append(decision)
    return chains


def sets_of(
    commits: Sequence[Commit],
    chains: Chains,
    answers: Sequence[Remembered],
    taken_up: TakenUp,
    keys: Keys | None = None,
) -> Mapping[str, str]:
    """The JSON text of every set of rows to write, those without any left out; what is sensitive is sealed.

    Raises:
        EngineError: `sensitive_keys_missing`, where something is and there are no keys.
    """
    processes = [rows.process(chain) for chain in chains.values()]
    touched = Changed()
    for commit in commits:
        touched.note(commit.decision)
    events = [(event, commit.correlation_id) for commit in commits for event in commit.decision.events]
    assignments = Assignments.of(commit.decision for commit in commits)
    documents = CaseDocuments.of(commit.decision for commit in commits)
    posts = [
        (commit.decision.after.id, post, commit.correlation_id) for commit in commits for post in commit.decision.posts
    ]
    posted = [rows.posted(*each) for each in (*posts, *taken_up.replies)]
    if covers := covers_of(commits, keys):
        for row in processes:
            if cover := covers.get(row.id):
                row.context = cover.context(row.context)
        touched.cover(covers)
        events = [(covered_event(event, covers), correlation_id) for event, correlation_id in events]
        posted = [sealed_post(row, covers) for row in posted]
    sets: dict[str, Iterable[object]] = {
        "started": [row for row in processes if row.expected is None],
        "moved": [row for row in processes if row.expected is not None],
        "freed": [rows.business_key(chain[-1].after) for chain in chains.values() if _frees(chain[-1].after)],
        **touched.sets({id: chain[-1].after.suspended_at is not None for id, chain in chains.items()}),
        "stands": [stands for chain in chains.values() if (stands := _stands(chain, touched.work))],
        "events": [rows.event(event, correlation_id) for event, correlation_id in events],
        "assigned_in_turn" if assignments.released else "assigned": assignments.assigned,
        "released": assignments.released,
        "accepted": assignments.accepted,
        "documents": documents.received.values(),
        "judged": documents.judged.values(),
        "posted": posted,
        "taken_up": map(rows.pending, taken_up.done),
        "put_off": map(rows.pending, taken_up.failed),
        "answers": [rows.answer(sealed_answer(each, keys) if each.sealed else each) for each in answers],
    }
    listed = {name: list(each) for name, each in sets.items()}
    return {name: encode(each).decode() for name, each in listed.items() if each}


@lru_cache(256)
def statement(sets: frozenset[str]) -> tuple[LiteralString, tuple[str, ...]]:
    """The statement that writes these sets, and their names in the order of its parameters.

    It gives how many processes it has `written`, and its `xid`. The parameters are PostgreSQL's own, `$1` and so on:
    psycopg keeps no more of a statement this long than its text, and would look for its own in it every time.
    """
    names = tuple(name for name in _PARTS if name in sets)
    parts = ", ".join(_PARTS[name].replace("%(rows)s", place) for name, place in zip(names, _PLACES, strict=False))
    written = " + ".join(count for name, count in _WRITTEN.items() if name in sets)
    return f"WITH {parts} SELECT {written or '0'} AS written, pg_current_xact_id()::xid::text AS xid", names


def left_by(chain: Sequence[Decision], xid: str) -> Seen:
    """The process as transaction `xid` leaves it; each write counts the version of a task's row up by one."""
    before, after = chain[0].before, chain[-1].after
    known: Mapping[int, Task] = before.tasks if before else {}
    rest = after.at_rest()
    for n in {task.n for decision in chain for task in decision.tasks}.intersection(rest.tasks):
        rest.tasks[n] = changed(rest.tasks[n], version=known[n].version + 1 if n in known else 1)
    return seen(rest, xid, len(encode(after.context)))


def _frees(process: Process) -> bool:
    return process.ended and process.journey is not None and process.business_key is not None


def _stands(chain: Sequence[Decision], work: Iterable[tuple[str, int]]) -> Row | None:
    """Whether the process's work stands still from now on, and for how long it did; None where neither changes.

    `work` has a place of its own written.
    """
    stood = timedelta()
    changed = False
    for decision in chain:
        since = decision.before.suspended_at if decision.before else None
        after = decision.after
        changed = changed or since != after.suspended_at
        if since is not None and after.suspended_at is None and after.last_at is not None:
            stood += after.last_at - since
    if not changed:
        return None
    last = chain[-1].after
    return {
        "process_id": last.id,
        "standing": last.suspended_at is not None,
        "stood": stood.total_seconds(),
        "others": [n for process, n in work if process == last.id],
    }
