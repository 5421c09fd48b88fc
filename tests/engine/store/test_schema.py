"""What the tables hold to by themselves, whoever writes to them."""

import psycopg
import pytest

from engine.core.commands import ClaimTask, CompleteTask, ReassignTask, ReleaseTask, StartTask
from engine.core.journey import Routes
from engine.store import Postgres
from tests.conformance.worlds import OLGA, World
from tests.core.play import ADMIN, journey_of
from tests.engine.store.conftest import Plain

ONE = journey_of("[{id: only, performed_by: clerk}]")
PAIR = journey_of("[{id: left, performed_by: clerk, entry: true}, {id: right, performed_by: chief, entry: true}]")
STEP = "INSERT INTO steps (process_id, atom, visit, state) VALUES ('{}', 'left', {}, 'waiting')"


@pytest.mark.parametrize("change", ["UPDATE {} SET actor = 'somebody'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("partition", [False, True])
async def test_events_are_append_only(world: World, sql: Plain, change: str, partition: bool) -> None:
    await world.start(ONE)
    table = "process_events"
    if partition:
        found = await (await sql.execute("SELECT DISTINCT tableoid::regclass::text FROM process_events")).fetchone()
        assert found
        assert found[0].startswith("process_events_2")
        table = found[0]
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        await sql.execute(change.format(table).encode())


async def test_audit_events_tell_of_publishing_and_are_append_only(world: World, sql: Plain) -> None:
    await world.versions.save(ONE.definition, "text", "yaml", "dora")
    await world.versions.save(ONE.definition, "text", "yaml", "dora")
    await world.versions.publish("example", "1.0.0", ONE.definition.hash, Routes(()), "h", "pam")
    await world.versions.retire("example", "1.0.0", "rob")
    await world.versions.pause("example", True, "pia")
    await world.versions.pause("example", True, "pia")
    rows = await (await sql.execute("SELECT type, actor, subject FROM audit_events ORDER BY id")).fetchall()
    assert rows == [
        ("version.saved", "dora", "example@1.0.0"),
        ("version.saved", "dora", "example@1.0.0"),
        ("version.published", "pam", "example@1.0.0"),
        ("version.retired", "rob", "example@1.0.0"),
        ("journey.paused", "pia", "example"),
    ]
    with pytest.raises(psycopg.errors.RestrictViolation):
        await sql.execute("DELETE FROM audit_events")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journey_versions SET document = 'other'",
        "UPDATE journey_versions SET routes = '{}'",
        "UPDATE journey_versions SET status = 'draft', routes = NULL, routes_hash = NULL, published_at = NULL",
        "DELETE FROM journey_versions",
    ],
)
async def test_a_published_version_cannot_be_changed_behind_the_engine(world: World, sql: Plain, change: str) -> None:
    await world.versions.save(ONE.definition, "text", "yaml", "dora")
    await world.versions.publish("example", "1.0.0", ONE.definition.hash, Routes(()), "h", "dora")
    with pytest.raises(psycopg.errors.RestrictViolation, match="never changes"):
        await sql.execute(change.encode())


@pytest.mark.parametrize("table", ["process_instances", "steps", "tasks"])
async def test_version_and_updated_at_are_kept_by_triggers(world: World, sql: Plain, table: str) -> None:
    await world.start(ONE)
    query = f"SELECT version, updated_at FROM {table}".encode()
    before = await (await sql.execute(query)).fetchone()
    await world.next_moment()
    await sql.execute(f"UPDATE {table} SET version = 77, updated_at = '2000-01-01'".encode())
    after = await (await sql.execute(query)).fetchone()
    assert before
    assert after
    assert (before[0], after[0]) == (1, 2)
    assert after[1] > before[1]


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("tasks_one_open_for_each_element", "UPDATE tasks SET atom = 'left'"),
        (
            "steps_one_unresolved_visit",
            "INSERT INTO steps (process_id, atom, visit, state) VALUES ('p1','left',2,'waiting')",
        ),
        ("tasks_status_check", "UPDATE tasks SET status = 'lost'"),
        ("ended_when_closed", "UPDATE tasks SET status = 'completed'"),
        ("taken_by_somebody", "UPDATE tasks SET status = 'in_progress'"),
        ("ended_when_over", "UPDATE process_instances SET ended_at = started_at"),
        ("outcome_when_completed", "UPDATE process_instances SET outcome = 'good'"),
        ("ended_when_resolved", "UPDATE steps SET state = 'skipped'"),
        ("exit_when_exited", "UPDATE steps SET exit = 'done'"),
        (
            "steps_process_id_fkey",
            "INSERT INTO steps (process_id, atom, visit, state) VALUES ('p2','left',1,'waiting')",
        ),
    ],
)
async def test_states_that_cannot_be_are_refused(world: World, sql: Plain, constraint: str, change: str) -> None:
    await world.start(PAIR)
    with pytest.raises(psycopg.IntegrityError, match=constraint):
        await sql.execute(change.encode())


async def test_active_processes_are_those_that_have_not_ended(world: World, sql: Plain) -> None:
    await world.start(ONE, "p1")
    await world.start(PAIR, "p2")
    await world.give(ONE, "p1", CompleteTask(OLGA, 1, {}))
    rows = await (await sql.execute("SELECT id, status, open_tasks, incidents FROM v_active_processes")).fetchall()
    assert rows == [("p2", "running", 2, 0)]


async def test_my_tasks_are_mine_and_those_of_my_roles_that_nobody_has(world: World, sql: Plain) -> None:
    for id in ("p1", "p2", "p3"):
        await world.start(ONE, id)
    await world.give(ONE, "p2", ClaimTask(OLGA, 1))
    await world.give(ONE, "p3", ClaimTask(ADMIN, 1))
    mine = "SELECT process_id FROM v_my_tasks"
    assert await (await sql.execute(mine)).fetchall() == []
    await sql.execute("SELECT set_config('wayline.user', 'olga', false), set_config('wayline.roles', 'a,clerk', false)")
    assert {row[0] for row in await (await sql.execute(mine)).fetchall()} == {"p1", "p2"}


async def test_the_history_of_assignments_says_who_had_a_task_and_how(world: World, sql: Plain) -> None:
    await world.start(PAIR)
    for command in (
        ClaimTask(OLGA, 1),
        ReassignTask(ADMIN, 1, "otto"),
        ReleaseTask(ADMIN, 1),
        ClaimTask(OLGA, 1),
        StartTask(OLGA, 1),
        CompleteTask(OLGA, 1, {}),
        CompleteTask(ADMIN, 2, {}),
    ):
        await world.give(PAIR, "p1", command)
    query = """
        SELECT n, method, assigned_by, from_user, to_user, released_at >= at FROM task_assignments ORDER BY seq"""
    assert await (await sql.execute(query)).fetchall() == [
        (1, "claim", "olga", None, "olga", True),
        (1, "reassign", "ada", "olga", "otto", True),
        (1, "claim", "olga", None, "olga", True),
        (2, "complete", "ada", None, "ada", True),
    ]


async def test_the_role_of_the_application_is_no_superuser(postgres: Postgres, sql: Plain) -> None:
    """A superuser passes by row-level security."""
    row = await (await sql.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).fetchone()
    assert row == (False,)
