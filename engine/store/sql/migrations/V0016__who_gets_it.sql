-- Who gets a task that the engine gives out.

-- `looks` counts how often nobody could be found since the task came into the queue: each time the next look is later.
ALTER TABLE assignment_queue ADD COLUMN looks integer NOT NULL DEFAULT 0 CHECK (looks >= 0);

-- One role at a time is given out: what is due, and where people have too much to do the oldest, due or not.
DROP INDEX assignment_queue_next;
DROP INDEX assignment_queue_of_role;
CREATE INDEX assignment_queue_of_role ON assignment_queue (role, next_at, since, process_id, n);
CREATE INDEX assignment_queue_oldest ON assignment_queue (role, since, process_id, n);

-- A substitute takes the turn of who is away.
DROP INDEX task_assignments_in_turn;
CREATE INDEX task_assignments_turns ON task_assignments (role, coalesce(instead_of, to_user), turn)
    WHERE turn IS NOT NULL;

-- The incident that nobody could be found for a task, by the task.
CREATE INDEX incidents_nobody_found ON incidents (process_id, task)
    WHERE stage = 'assignment' AND resolved_at IS NULL;
