"""The statements that run all the time walk along an index, however large the tables are."""

import re
from datetime import timedelta
from typing import Any

from psycopg import sql as composed

from engine.core.callers import SYSTEM
from engine.ports import BreachFilter, Order, ProcessFilter, TaskFilter, Whose
from engine.statements import SQL_QUERIES, Statements
from engine.store import Postgres, open_work
from engine.store.connections import PLANNED_ONCE
from engine.store.cursors import NEWEST_BREACHES, NEWEST_PROCESSES, NEWEST_TASKS
from engine.store.filters import breaches, processes, tasks
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
        timeout_seconds, sla, sla_target_at, sla_alert)
    SELECT id, 1, CASE WHEN seq % 2 = 0 THEN 'system' ELSE 'human' END, 'a', 1, 'n', 'r' || right(id, 1), NULL,
        'pending', 'medium', started_at, NULL, NULL, '{}', started_at, CASE WHEN id LIKE '%99' THEN 'breached' END
    FROM process_instances;
    INSERT INTO task_assignments (process_id, n, seq, method, assigned_by, to_user, at, released_at)
    SELECT process_id, n, 3, 'claim', 'u', 'u' || right(process_id, 1), created_at, created_at FROM tasks;
    INSERT INTO task_assignments (process_id, n, seq, method, assigned_by, to_user, at, released_at, role, turn)
    SELECT process_id, n, 4, 'round_robin', 'u', 'u' || right(process_id, 1), created_at, created_at, role, n
    FROM tasks;
    INSERT INTO assignment_queue (process_id, n, role, since, next_at)
    SELECT process_id, n, role, created_at, created_at FROM tasks WHERE kind = 'human';
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
    INSERT INTO case_documents (process_id, document, version, state, since, links, received_by, received_at)
    SELECT id, 'd', 1, 'received', started_at, '[]', 'u', started_at FROM process_instances;
    INSERT INTO messages (message_id, name, key, body, kept_until)
    SELECT id, 'm' || right(id, 1), id, '{}', started_at + interval '5 hours' FROM process_instances;
    INSERT INTO commands (process_id, kind, payload, from_process_id)
    SELECT id, 'hear_child', '{}', 'c' || id FROM process_instances;
    INSERT INTO process_events (process_id, seq, at, type, v, actor, severity, payload)
    SELECT id, 1, wayline_now(), 'process.started', 1, 'olga', 'info', '{}' FROM process_instances;
    INSERT INTO notifications (id, user_id, kind, process_id, text, at, read_at)
    SELECT gen_random_uuid(), owner, 'assigned', id, 't', started_at,
        CASE WHEN right(id, 1) <> '7' THEN started_at END
    FROM process_instances;
    INSERT INTO webhooks (id, url, description, kinds, secret, created_by)
    SELECT 'w' || g, 'https://example.org', '', '{}', 's', 'u' FROM generate_series(1, 50) AS g;
    INSERT INTO deliveries (id, channel, user_id, webhook_id, kind, message, next_at, created_at)
    SELECT gen_random_uuid(), CASE WHEN hook IS NULL THEN 'email' ELSE 'webhook' END,
        CASE WHEN hook IS NULL THEN owner END, hook, 'assigned', '{}', started_at, started_at
    FROM (SELECT *, CASE WHEN right(id, 1) < '5' THEN 'w' || substr(id, 2)::integer % 50 END AS hook
        FROM process_instances) AS p;
    INSERT INTO notification_preferences (user_id, digest_at, digest_due)
    SELECT id, '08:00', started_at + interval '2 hours' FROM process_instances;
    INSERT INTO watches (process_id, n, subject, sla, target_at, alert)
    SELECT id, 1, 'process', '{}', started_at, CASE WHEN id LIKE '%98' THEN 'breached' END
    FROM process_instances WHERE id LIKE '%8';
    INSERT INTO sla_acknowledgements (process_id, of_task, n, note, by)
    SELECT id, true, 1, 'n', 'u' FROM process_instances WHERE id LIKE '%9';
    ANALYZE;
    SET plan_cache_mode = force_custom_plan;
"""
DONE = """
    UPDATE tasks SET status = 'completed', assignee = 'u1', ended_at = created_at
    WHERE kind = 'human' AND process_id > 'p15';
    ANALYZE tasks;
"""
SMALL = ("actions", "epoch", "organisation", "webhooks", "workers_pause", "idempotency_keys_")
"""What has a row for each action, one, or none here, may be read whole."""
CLAIM = {"worker": "w", "actions": ["a1", "a2"], "rooms": [9, 9], "limit": 10, "lease": None}
PAGE = {"limit": 51}
SEEKERS = {"role": "r1", "holders": ["u1", "u2"], "limit": 10, "waiting": True}
LOOK = {"ids": ["p1", "p2"], "callers": ["olga"], "keys": ["k1"], "age": timedelta(days=7)}


async def plan(sql: Plain, statement: str, parameters: dict[str, Any]) -> str:
    rows = await (await sql.execute(b"EXPLAIN " + SQL[statement].encode(), parameters)).fetchall()
    return "\n".join(row[0] for row in rows)


BREACHES = {**breaches(BreachFilter(), SYSTEM), **NEWEST_BREACHES.after(None), **PAGE}
LEVELS = {"level": None, "journey": None, "after": None, "after_of": None, "limit": 51}
VERDICTS = {**LEVELS, "since": "2026-01-01", "until": "2026-01-02", "most": 1000}

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("claim_work", CLAIM, "work_due"),
    ("expired_leases", {"limit": 10}, "work_leased"),
    ("next_due_in", {"actions": ["a1", "a2"]}, "work_due"),
    (
        "count_assignments",
        {"since": "2026-01-01", "until": "2026-01-02", "users": None, "limit": 9},
        "task_assignments_in_time",
    ),
    ("performers_of_steps", {"processes": ["p1"], "atoms": ["a"]}, "steps_pkey"),
    ("whereabouts", {"ids": ["p1", "p2"], "most": 20}, "steps_one_unresolved_visit"),
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
    ("claim_letters", {"limit": 4, "lease": "PT1M"}, "deliveries_mail_due"),
    ("claim_messages", {"limit": 16, "room": 4, "lease": "PT1M"}, "deliveries_webhook_due"),
    ("list_deliveries", {"webhook": "w1", "state": None, "after": None, "id": None, **PAGE}, "deliveries_of_webhook"),
    ("list_notifications", {"user": "u1", "after": None, "id": None, **PAGE}, "notifications_of_user"),
    ("list_unread", {"user": "u1", "after": None, "id": None, **PAGE}, "notifications_unread"),
    ("count_unread", {"user": "u1", "most": 1000}, "notifications_unread"),
    ("digests_due", {"limit": 10}, "notification_preferences_due"),
    ("forget_deliveries", {"age": "P90D", "limit": 10}, "deliveries_past"),
    ("forget_notifications", {"age": "P90D", "limit": 10}, "notifications_past"),
    ("events_of_types_after", {"xid": "0", "id": 0, "limit": 100, "types": ["task.assigned"]}, "_xid_id_idx"),
    ("next_due", {"until": "2100-01-01"}, "timers_due"),
    ("take_role", {"freed": ["r1"]}, "assignment_queue_of_role"),
    ("seekers", SEEKERS, "assignment_queue_of_role"),
    ("seekers", SEEKERS, "assignment_queue_oldest"),
    ("seekers", SEEKERS, "task_assignments_turns"),
    ("seekers", SEEKERS, "incidents_nobody_found"),
    ("performers", {"processes": ["p1"], "atoms": ["a"]}, "steps_pkey"),
    ("list_breaches", BREACHES, "tasks_breached"),
    ("list_breaches", BREACHES, "watches_breached"),
    ("count_verdicts", VERDICTS, "tasks_verdicts"),
    ("count_verdicts", VERDICTS, "tasks_breached"),
    ("count_alerts", LEVELS, "tasks_alerts"),
    ("clocks_standing", {}, "tasks_alerts"),
    ("clocks_standing", {}, "watches_marks"),
    ("list_tasks", {**tasks(TaskFilter(sla="breached")), **NEWEST_TASKS.after(None), **PAGE}, "tasks_newest"),
    ("loads", {"users": ["u1", "u2"]}, "tasks_inbox_of_user"),
    ("loads", {"users": ["u1", "u2"]}, "task_assignments_of_user"),
    ("with_room", {"users": ["u1"], "capacities": [3]}, "tasks_inbox_of_user"),
    ("assignments", {"process": "p1", "n": 1, "seq": None, "limit": 10}, "task_assignments_pkey"),
]


async def test_what_runs_all_the_time_walks_along_its_index(postgres: Postgres, sql: Plain) -> None:
    await sql.execute(FILL)
    for statement, parameters, index in CASES:
        found = await plan(sql, statement, parameters)
        assert index in found, f"{statement}\n{found}"
        read_whole = [line for line in found.splitlines() if "Seq Scan" in line]
        assert all(any(f" on {table}" in line for table in SMALL) for line in read_whole), f"{statement}\n{found}"


async def test_the_inbox_goes_on_in_the_middle_of_its_indexes_by_a_plan_that_is_made_once(
    postgres: Postgres, sql: Plain
) -> None:
    await sql.execute(FILL)
    await sql.execute(DONE)
    for setting, value in PLANNED_ONCE.items():
        await sql.execute(f"SET {setting} = {value}".encode())
    work = Whose(
        users=frozenset({"u1"}),
        roles=frozenset({"r1"}),
        delegators=frozenset({"u1"}),
        asked=frozenset({"r1"}),
        barred="u1",
    )
    given = {**open_work.sought(work), **open_work.FIRST, **PAGE}
    found = await generic_plan(sql, open_work.listing(work, {}, "urgency"), given)
    for index in ("user", "role", "delegator", "asked"):
        ((place, _),) = [(n, line) for n, line in enumerate(found) if f"tasks_inbox_of_{index} " in line]
        assert "ROW(" in found[place + 1], "the page begins behind the cursor, not at the beginning"
    assert not [line for line in found if "Seq Scan" in line]
    at_risk = {"sla": "at_risk"}
    found = await generic_plan(sql, open_work.listing(work, at_risk, "urgency"), {**given, **at_risk})
    assert any("tasks_alerts" in line for line in found), "few are, and they have an index of their own"
    orders: dict[Order, str] = {"due": "tasks_inbox_of_role ", "age": "tasks_inbox_of_role_by_age "}
    for order, index in orders.items():
        found = await generic_plan(sql, open_work.listing(work, {}, order), given)
        assert not [line for line in found if "Seq Scan" in line], order
        ((place, _),) = [(n, line) for n, line in enumerate(found) if index in line]
        assert "ROW(" in found[place + 1], order
        assert "Sort" not in found[place - 1], f"{order}: the index has it already"
    found = await generic_plan(sql, open_work.listing(work, {}, "priority"), given)
    assert not [line for line in found if "Seq Scan" in line]
    assert any("tasks_inbox_of_role" in line for line in found)


async def generic_plan(sql: Plain, statement: str, parameters: dict[str, Any]) -> list[str]:
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${names.index(match[1]) + 1}", statement)
    await sql.execute(b"PREPARE looked_at AS " + numbered.encode())
    given = composed.SQL(", ").join(composed.Literal(parameters[name]) for name in names)
    rows = await (await sql.execute(composed.SQL("EXPLAIN EXECUTE looked_at({})").format(given))).fetchall()
    await sql.execute(b"DEALLOCATE looked_at")
    return [row[0] for row in rows]
