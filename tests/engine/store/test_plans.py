"""The statements that run all the time walk along an index, however large the tables are."""

from datetime import timedelta
from typing import Any

from engine.ports import ProcessFilter, TaskFilter
from engine.statements import SQL_QUERIES, Statements
from engine.store import Postgres
from engine.store.cursors import INBOX, NEWEST_PROCESSES, NEWEST_TASKS
from engine.store.filters import processes, tasks
from tests.engine.store.conftest import Plain

SQL = Statements.load(SQL_QUERIES, ".sql")
FILL = """
    INSERT INTO process_instances (id, journey, journey_version, title, status, priority, initiated_by, owner, context,
        created_at, started_at, seq, last_at)
    SELECT 'p' || g, 'j' || g % 20, '1.0.0', 't', 'running', 'medium', 'u' || g % 50, 'u' || g % 50,
        '{}', wayline_now() - g * interval '1 second', wayline_now() - g * interval '1 second', 1, wayline_now()
    FROM generate_series(1, 20000) AS g;
    INSERT INTO steps (process_id, atom, visit, state, ready_at) SELECT id, 'a', 1, 'active', started_at
    FROM process_instances;
    INSERT INTO tasks (process_id, n, kind, atom, visit, name, role, action, status, priority, created_at, next_at,
        timeout_seconds)
    SELECT id, 1, CASE WHEN seq % 2 = 0 THEN 'system' ELSE 'human' END, 'a', 1, 'n', 'r' || right(id, 1), NULL,
        'pending', 'medium', started_at, NULL, NULL
    FROM process_instances;
    INSERT INTO work (process_id, n, action, due_at, timeout_seconds)
    SELECT process_id, n, 'a' || right(process_id, 1), created_at, 60 FROM tasks;
    UPDATE work SET worker = 'w', lease_until = due_at + interval '2 hours' WHERE process_id LIKE '%99';
    INSERT INTO incidents (process_id, n, atom, visit, code, stage, message, fix, raised_at)
    SELECT id, 1, 'a', 1, 'no_path', 'edges', 'm', 'f', started_at FROM process_instances;
    INSERT INTO timers (process_id, n, kind, atom, visit, due_at, moves, standing)
    SELECT id, 1, 'timeout', 'a', 1, started_at + interval '2 hours', true, false FROM process_instances;
    INSERT INTO waits (process_id, n, atom, visit, name, key, since)
    SELECT id, 1, 'a', 1, 'm' || right(id, 1), id, started_at FROM process_instances;
    INSERT INTO children (process_id, child, n, atom, visit, since)
    SELECT id, 'c' || id, 1, 'a', 1, started_at FROM process_instances;
    INSERT INTO messages (message_id, name, key, body, kept_until)
    SELECT id, 'm' || right(id, 1), id, '{}', started_at + interval '5 hours' FROM process_instances;
    INSERT INTO commands (process_id, kind, payload, from_process_id)
    SELECT id, 'hear_child', '{}', 'c' || id FROM process_instances;
    INSERT INTO process_events (process_id, seq, at, type, v, actor, severity, payload)
    SELECT id, 1, wayline_now(), 'process.started', 1, 'olga', 'info', '{}' FROM process_instances;
    ANALYZE;
    SET plan_cache_mode = force_custom_plan;
"""
SMALL = ("actions", "epoch", "workers_pause", "idempotency_keys_")
"""What has a row for each action, one, or none here, may be read whole."""
CLAIM = {"worker": "w", "actions": ["a1", "a2"], "rooms": [9, 9], "limit": 10, "lease": None}
PAGE = {"limit": 51}
LOOK = {"ids": ["p1", "p2"], "callers": ["olga"], "keys": ["k1"], "age": timedelta(days=7)}


async def plan(sql: Plain, statement: str, parameters: dict[str, Any]) -> str:
    rows = await (await sql.execute(b"EXPLAIN " + SQL[statement].encode(), parameters)).fetchall()
    return "\n".join(row[0] for row in rows)


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("claim_work", CLAIM, "work_due"),
    ("expired_leases", {"limit": 10}, "work_leased"),
    ("next_due_in", {"actions": ["a1", "a2"]}, "work_due"),
    ("inbox", {"user": "u1", "roles": ["r1"], **INBOX.after(None), **PAGE}, "tasks_inbox_of_role"),
    ("inbox", {"user": "u1", "roles": ["r1"], **INBOX.after(None), **PAGE}, "tasks_inbox_of_user"),
    (
        "list_processes",
        {**processes(ProcessFilter()), **NEWEST_PROCESSES.after(None), **PAGE},
        "process_instances_newest",
    ),
    (
        "list_processes",
        {**processes(ProcessFilter(initiated_by="u7")), **NEWEST_PROCESSES.after(None), **PAGE},
        "process_instances_by_initiator",
    ),
    ("list_tasks", {**tasks(TaskFilter()), **NEWEST_TASKS.after(None), **PAGE}, "tasks_newest"),
    ("list_tasks", {**tasks(TaskFilter(role="r1")), **NEWEST_TASKS.after(None), **PAGE}, "tasks_by_role"),
    ("list_active_processes", {"at": None, "id": None, **PAGE}, "process_instances_active"),
    ("events_after", {"xid": "0", "id": 0, "limit": 100}, "_xid_id_idx"),
    (
        "list_processes",
        {**processes(ProcessFilter(parent="p7")), **NEWEST_PROCESSES.after(None), **PAGE},
        "process_instances_by_parent",
    ),
    ("look", LOOK, "process_instances_pkey"),
    ("look", LOOK, "work_pkey"),
    ("load_markings", {"ids": ["p1", "p2"]}, "process_instances_pkey"),
    ("look", LOOK, "commands_pkey"),
    ("look", LOOK, "idempotency_keys"),
    ("claim_timers", {"limit": 10, "claim": "PT10S"}, "timers_due"),
    ("waiting_commands", {"limit": 10}, "commands_oldest"),
    ("kept_messages", {"names": ["m1", "m2"], "keys": ["1", "2"]}, "messages_oldest"),
    ("longest_wait", {"name": "m1", "key": "1"}, "waits_longest"),
    ("forget_messages", {"limit": 10}, "messages_past"),
    ("next_due", {"until": "2100-01-01"}, "timers_due"),
]


async def test_what_runs_all_the_time_walks_along_its_index(postgres: Postgres, sql: Plain) -> None:
    await sql.execute(FILL)
    for statement, parameters, index in CASES:
        found = await plan(sql, statement, parameters)
        assert index in found, f"{statement}\n{found}"
        read_whole = [line for line in found.splitlines() if "Seq Scan" in line]
        assert all(any(f" on {table}" in line for table in SMALL) for line in read_whole), f"{statement}\n{found}"
