"""Several programs decide on the same processes at once: each command counts once, and none waits for ever (R17)."""

import asyncio
import random
from collections.abc import Iterator
from itertools import cycle

from engine.commit import Answer, Ask, Commits
from engine.core.commands import CompleteTask, Start
from engine.core.errors import EngineError
from engine.journeys import Journeys
from engine.ports import Key
from engine.store import Postgres
from tests.conformance.worlds import OLGA
from tests.core.play import journey_of
from tests.engine.store.conftest import Plain

WIDTH = 12
TOO_LATE = {"task_not_found", "invalid_transition", "process_ended"}
PROCESSES = [f"p{n}" for n in range(8)]
ATOMS = ", ".join(f"{{id: a{n}, performed_by: clerk, entry: true, enables: [end]}}" for n in range(WIDTH))
WIDE = journey_of(f"[{ATOMS}, {{id: end, kind: milestone, join: all}}]")


class Known(Journeys):
    """Knows the one version."""

    def known(self, journey: str | None, version: str | None) -> object:  # type: ignore[override]
        return WIDE


def completing(process: str, n: int, key: str) -> Ask:
    return Ask(
        process, CompleteTask(OLGA, n, {}), lambda _, decision: len(decision.events), keys=(Key("olga", key, "f"),)
    )


def dealt(programs: list[Commits], asks: list[Ask]) -> Iterator[asyncio.Task[Answer]]:
    return (asyncio.create_task(program(ask)) for program, ask in zip(cycle(programs), asks, strict=False))


async def test_of_two_programs_each_command_counts_once(postgres: Postgres, another: Postgres, sql: Plain):
    programs = [Commits(each.store, Known(each.versions), batch=7) for each in (postgres, another)]
    starts = [Ask(id, Start(OLGA, id, {}), lambda _, __: None, journey=WIDE) for id in PROCESSES]
    await programs[0].many(starts)
    # Each task is completed by two keys, and each of those is sent to both programs.
    wanted = [(id, n, f"{id}-{n}-{which}") for id in PROCESSES for n in range(1, WIDTH + 1) for which in "ab"]
    random.Random(7).shuffle(wanted)
    asks = [completing(*each) for each in wanted for _ in programs]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*dealt(programs, asks), return_exceptions=True)
    told: dict[str, set[str]] = {}
    for ask, answer in zip(asks, answers, strict=True):
        assert isinstance(answer, Answer) or (isinstance(answer, EngineError) and answer.code in TOO_LATE), answer
        told.setdefault(ask.keys[0].key, set()).add("done" if isinstance(answer, Answer) else "refused")
    assert all(len(codes) == 1 for codes in told.values()), "both programs give the same answer to a key"
    assert sum(codes == {"done"} for codes in told.values()) == len(PROCESSES) * WIDTH
    completed = await (
        await sql.execute("SELECT process_id, task FROM process_events WHERE type = 'task.completed'")
    ).fetchall()
    assert len(completed) == len(set(completed)) == len(PROCESSES) * WIDTH
    gaps = await sql.execute("SELECT process_id FROM process_events GROUP BY process_id HAVING max(seq) <> count(*)")
    assert await gaps.fetchall() == []
    ended = await (await sql.execute("SELECT count(*) FROM process_instances WHERE status = 'completed'")).fetchone()
    assert ended == (len(PROCESSES),)
