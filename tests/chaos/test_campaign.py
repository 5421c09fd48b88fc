"""A short campaign keeps every promise, and each invariant finds what is planted into what the campaign left."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from chaos import reading
from chaos.campaign import Campaign, Plan, Rest
from chaos.effects import Effect, read_effects
from chaos.graphs import same_as_rebuilt
from chaos.harms import Kind
from chaos.invariants import Finding, check
from chaos.ledger import Command, Outcome
from chaos.reading import Connection, Versions
from chaos.rig import rigged
from engine.points import Point

pytestmark = pytest.mark.timeout(300)  # servers that are killed take their time to come back on a busy machine

QUICK = (
    Kind.KILL_API,
    Kind.KILL_WORKERS,
    Kind.STOP_API,
    Kind.KILL_POSTMASTER,
    Kind.KILL_BACKEND,
    Kind.CUT_POSTGRES,
    Kind.LOSE_BEFORE_COMMIT,
    Kind.LOSE_COMMIT,
    Kind.LOSE_COMMITTED,
    Kind.CUT_NEO4J,
    *(f"at-{point.replace('_', '-')}" for point in Point),
)


@dataclass(frozen=True, slots=True)
class Left:
    """What the campaign left: its database, with everything as the invariants look at it."""

    campaign: Campaign
    rest: Rest
    url: str
    versions: Versions
    effects: list[Effect]
    loop: asyncio.AbstractEventLoop

    def check(self, connection: Connection, effects: list[Effect] | None = None) -> list[Finding]:
        assert self.rest.by
        return check(connection, self.versions, self.rest.ledger, effects or self.effects, self.rest.by, Counter())

    def found(self, statement: str, parameters: Any = None) -> list[str]:
        """The invariants that are broken once `statement` was run, which is taken back then."""
        with self.planted(statement, parameters) as connection:
            return sorted({finding.invariant for finding in self.check(connection)})

    @contextmanager
    def planted(self, statement: str, parameters: Any = None) -> Iterator[Connection]:
        with closing(reading.opened(self.url)) as connection:
            connection.execute("ALTER TABLE process_events DISABLE TRIGGER append_only")
            assert connection.execute(statement, parameters).rowcount == 1, "it is planted"
            yield connection
            connection.rollback()

    def acknowledged(self, does: str) -> Command:
        return next(
            one for one in self.rest.ledger if one.outcome is Outcome.ACKNOWLEDGED and one.does == does and one.process
        )


@pytest.fixture(scope="module")
def left() -> Iterator[Left]:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    # A folder of a short path, as sockets lie in it.
    with TemporaryDirectory(prefix="wl-", ignore_cleanup_errors=True) as folder:
        try:
            yield loop.run_until_complete(_run(loop, stack, Path(folder)))
        finally:
            loop.run_until_complete(stack.aclose())
            loop.close()


async def _run(loop: asyncio.AbstractEventLoop, stack: AsyncExitStack, folder: Path) -> Left:
    campaign = Campaign(
        Plan("tests", seconds=6, commands=100, only=QUICK, lenders=1, clerks=4, pause=0.4), lambda text: None
    )
    rig = await stack.enter_async_context(rigged(folder, lambda text: None))
    rest = await stack.enter_async_context(campaign.round(rig))
    url, settings = rig.url(rest.database, wired=False), rig.settings(rest.database)
    return Left(campaign, rest, url, await reading.versions(url, settings), read_effects(rest.effects), loop)


def test_a_short_campaign_loses_doubles_and_holds_up_nothing(left: Left):
    assert not left.rest.findings
    done, looked_at = left.campaign.outcomes.done, left.campaign.outcomes.looked_at
    assert sum(done.values()) >= 8, "something was done to it"
    assert left.rest.ledger.count(Outcome.ACKNOWLEDGED) >= 100
    assert not left.rest.ledger.count(Outcome.UNKNOWN), "each unknown command was settled by its key (R17)"
    assert looked_at["events"] > looked_at["processes"] > 0
    with closing(reading.opened(left.url)) as connection:
        assert not left.check(connection), "what is planted below is what is found there"


def test_an_event_that_is_gone_is_found(left: Left):
    command = left.acknowledged("complete")
    assert left.found(
        "DELETE FROM process_events WHERE process_id = %s AND task = %s AND type = 'task.completed'",
        (command.process, command.task),
    ) == ["acknowledged once", "folded", "gapless"]


def test_an_event_that_is_there_twice_is_found(left: Left):
    assert {"acknowledged once", "gapless"} <= {
        *left.found(
            "INSERT INTO process_events (process_id, seq, at, type, v, actor, severity, correlation_id, atom, visit, "
            "task, payload) SELECT process_id, seq, at + interval '1 ms', type, v, actor, severity, correlation_id, "
            "atom, visit, task, payload FROM process_events WHERE process_id = %s AND type = 'process.started'",
            (left.acknowledged("start").process,),
        )
    }


def test_a_time_that_goes_back_is_found(left: Left):
    assert "gapless" in left.found(
        "UPDATE process_events SET at = at - interval '1 second' WHERE process_id = %s AND seq = 2",
        (left.acknowledged("start").process,),
    )


def test_an_answer_that_is_forgotten_or_another_is_found(left: Left):
    command = left.acknowledged("start")
    key = (command.caller, command.key)
    assert left.found("DELETE FROM idempotency_keys WHERE caller = %s AND key = %s", key) == ["acknowledged once"]
    other = "UPDATE idempotency_keys SET body = '{}' WHERE caller = %s AND key = %s"
    assert left.found(other, key) == ["acknowledged once"]


def test_a_marking_that_is_not_the_fold_of_its_events_is_found(left: Left):
    id = (left.acknowledged("complete").process,)
    assert left.found("UPDATE process_instances SET priority = 'low' WHERE id = %s", id) == ["folded"]
    command = left.acknowledged("complete")
    assert left.found(
        "UPDATE tasks SET status = 'failed' WHERE process_id = %s AND n = %s", (command.process, command.task)
    ) == ["folded"]


def test_a_timer_that_is_gone_is_found(left: Left):
    """With its timer the step that rests has lost all that would move it (R16)."""
    assert {"folded", "moved"} <= {*_rests_without_timer(left)}


def _rests_without_timer(left: Left) -> list[str]:
    """Sets one running process back to a wait without its timer, as if a commit had forgotten to write it."""
    with closing(reading.opened(left.url)) as connection:
        row = connection.execute(
            "SELECT process_id, atom, visit FROM waits JOIN process_instances AS p ON p.id = process_id "
            "WHERE status = 'running' LIMIT 1"
        ).fetchone()
        assert row, "some case waits for its message"
        for table in ("timers", "waits"):
            connection.execute(
                f"DELETE FROM {table} WHERE process_id = %(process_id)s AND atom = %(atom)s AND visit = %(visit)s", row
            )
        return sorted({finding.invariant for finding in left.check(connection)})


def test_what_is_overdue_leased_or_posted_and_left_is_found(left: Left):
    one = "(SELECT process_id, atom, visit FROM steps LIMIT 1) AS s"
    timer = (
        "INSERT INTO timers (process_id, n, kind, atom, visit, due_at, moves, standing) "
        f"SELECT process_id, 9999, 'for', atom, visit, wayline_now() - interval '1 hour', true, false FROM {one}"
    )
    assert {"folded", "nothing left"} <= {*left.found(timer)}
    lease = (
        "INSERT INTO work (process_id, n, action, due_at, timeout_seconds, worker, lease_until) "
        "SELECT process_id, n, 'chaos.effect', wayline_now(), 1, 'gone', wayline_now() + interval '1 hour' "
        "FROM tasks WHERE ended_at IS NOT NULL LIMIT 1"
    )
    assert left.found(lease) == ["nothing left", "queued"]
    post = (
        "INSERT INTO commands (process_id, kind, payload, from_process_id) "
        f"SELECT process_id, 'resume', '{{}}', process_id FROM {one}"
    )
    assert left.found(post) == ["nothing left"]


def test_a_mark_that_was_forgotten_or_noted_twice_is_found(left: Left):
    mark = (
        "UPDATE tasks SET sla_next_at = wayline_now() - interval '1 hour' WHERE (process_id, n) = "
        "(SELECT process_id, n FROM tasks WHERE ended_at IS NULL AND sla IS NOT NULL LIMIT 1)"
    )
    assert left.found(mark) == ["folded", "nothing left"]
    columns = "seq, at, type, v, actor, severity, atom, visit, task, payload"
    twice = (
        f"INSERT INTO process_events (process_id, {columns}) SELECT process_id, "
        "(SELECT max(l.seq) + 1 FROM process_events AS l WHERE l.process_id = e.process_id), "
        f"{columns.removeprefix('seq, ')} FROM process_events AS e WHERE type = 'sla.at_risk' AND task > 0 LIMIT 1"
    )
    assert "marked" in left.found(twice)


def test_a_child_that_ended_unheard_or_was_never_started_is_found(left: Left):
    unheard = (
        "UPDATE process_instances SET status = 'completed', outcome = 'over', ended_at = last_at "
        "WHERE id = (SELECT child FROM children JOIN process_instances AS p ON p.id = child "
        "WHERE NOT over AND p.status = 'running' LIMIT 1)"
    )
    assert "related" in left.found(unheard)
    missing = (
        "INSERT INTO children (process_id, child, n, atom, visit, since) "
        "SELECT process_id, 'nobody', 9999, atom, visit, wayline_now() FROM steps LIMIT 1"
    )
    assert "related" in left.found(missing)


def test_an_effect_that_is_recorded_twice_is_found(left: Left):
    twice = [*left.effects, replace(left.effects[0], key="another")]
    with closing(reading.opened(left.url)) as connection:
        (finding,) = left.check(connection, twice)
    assert finding.invariant == "effects once" and left.effects[0].process in finding.place


def test_a_graph_that_is_not_what_the_events_make_is_found(left: Left):
    """The digest of what the projector followed is that of a rebuild, until somebody changes a node."""
    settings = left.rest.rig.settings(left.rest.database)
    assert left.loop.run_until_complete(same_as_rebuilt(settings, "here")) == []
    left.loop.run_until_complete(_tamper(left))
    (finding,) = left.loop.run_until_complete(same_as_rebuilt(settings, "here"))
    assert finding.invariant == "graph"


async def _tamper(left: Left) -> None:
    from neo4j import AsyncGraphDatabase

    at = left.rest.rig.neo4j.addresses
    async with AsyncGraphDatabase.driver(at.neo4j_uri, auth=(at.neo4j_user, at.neo4j_password)) as driver:
        await driver.execute_query("MATCH (s:Step) WITH s LIMIT 1 SET s.state = 'lost'")


def test_the_file_of_the_ledger_tells_of_every_command(left: Left):
    left.rest.ledger.flush()
    lines = [json.loads(line) for line in left.rest.ledger.file.read_text("utf-8").splitlines()]
    by_key = itertools.groupby(sorted(lines, key=lambda line: (line["caller"], line["key"])), lambda line: line["key"])
    assert {key for key, _ in by_key} == {command.key for command in left.rest.ledger}
    assert sum("settled" in line for line in lines) == len(left.rest.ledger)
