-- Open work as people look for it, and figures about who does how much.

-- Who performed `other` may not perform `atom` (four eyes), both ways round: from the routes of published versions, which
-- never change. With the atom first, one look tells that no version has such a rule for it.
CREATE TABLE four_eyes (
    atom text COLLATE "C" NOT NULL,
    journey text COLLATE "C" NOT NULL,
    journey_version text COLLATE "C" NOT NULL,
    other text COLLATE "C" NOT NULL,
    PRIMARY KEY (atom, journey, journey_version, other),
    FOREIGN KEY (journey, journey_version) REFERENCES journey_versions
);

CREATE FUNCTION wayline_keep_apart(journey text, version text, routes json) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO four_eyes (atom, journey, journey_version, other)
    SELECT pair.atom, $1, $2, pair.other
    FROM json_array_elements($3 -> 'routes') AS route
    CROSS JOIN json_array_elements_text(coalesce(route -> 'not_same_as', '[]')) AS named (other)
    CROSS JOIN LATERAL (VALUES (route ->> 'atom', named.other), (named.other, route ->> 'atom')) AS pair (atom, other)
    ON CONFLICT DO NOTHING;
END;

CREATE FUNCTION wayline_note_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wayline_keep_apart(NEW.journey, NEW.version, NEW.routes);
    RETURN NULL;
END $$;
CREATE TRIGGER note_published AFTER UPDATE ON journey_versions
    FOR EACH ROW WHEN (OLD.status = 'draft' AND NEW.status = 'published') EXECUTE FUNCTION wayline_note_published();
SELECT wayline_keep_apart(journey, version, routes) FROM journey_versions WHERE status <> 'draft';

-- With the atom in the index, whom four eyes keep from a task is known without reading it, nearly always.
DROP INDEX tasks_inbox_of_role;
CREATE INDEX tasks_inbox_of_role ON tasks (role, urgency, due_order, created_at, process_id, n) INCLUDE (atom)
    WHERE ended_at IS NULL AND kind <> 'system' AND assignee IS NULL;

-- Few tasks are delegated or escalated: for all others these cost nothing.
CREATE INDEX tasks_inbox_of_delegator ON tasks (delegated_by, urgency, due_order, created_at, process_id, n)
    WHERE ended_at IS NULL AND kind <> 'system' AND delegated_by IS NOT NULL;
CREATE INDEX tasks_inbox_of_asked ON tasks (escalated_to, urgency, due_order, created_at, process_id, n)
    WHERE ended_at IS NULL AND kind <> 'system' AND escalated_to IS NOT NULL;

-- Figures are of a stretch of time.
CREATE INDEX task_assignments_in_time ON task_assignments (at);
