-- The life of a task: whom it was escalated to, and what its performers have not finished.

-- The role that was told last: who holds it sees the task and may share it out.
ALTER TABLE tasks ADD COLUMN escalated_to text;

-- Unfinished outputs, each for its performer alone. They are nobody's once the task is over, and dropped soon after.
CREATE TABLE task_drafts (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    output jsonb NOT NULL CHECK (jsonb_typeof(output) = 'object'),
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, n, user_id),
    FOREIGN KEY (process_id, n) REFERENCES tasks
);
CREATE TRIGGER count_change BEFORE UPDATE ON task_drafts
    FOR EACH ROW EXECUTE FUNCTION wayline_count_change();

-- Tasks as their readers see them; without an input of its own, a task shows the whole context.
CREATE OR REPLACE VIEW task_summaries AS
SELECT t.process_id, t.n, t.kind, p.title AS process_title, p.journey, t.atom, t.visit, t.item_index, t.name,
    t.description, t.optional, t.role, t.assignee, t.delegated_by, t.seeking, t.escalations, t.status, t.priority,
    t.due_at,
    coalesce(t.input, p.context) AS input, t.output, t.created_at, t.started_at, t.ended_at, t.version, t.urgency,
    t.due_order, t.escalated_to
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id;
