-- Who there is, as it is read: by whom it concerns, as lists, and what changed since a version.

-- name: organisation_edition
SELECT (SELECT id::text FROM epoch) AS epoch, (SELECT version FROM organisation) AS version;

-- name: changed_people
-- First who, then what is true of them: the planner would tell it of everybody before it sorts.
WITH found AS MATERIALIZED (
    SELECT id FROM users WHERE (changed, id) > (%(changed)s, %(after)s) ORDER BY changed, id LIMIT %(limit)s
)
SELECT p.* FROM found JOIN people AS p ON p.id = found.id ORDER BY p.changed, p.id;

-- name: changed_roles
SELECT id, name, description FROM roles WHERE changed > %(changed)s;

-- name: changed_teams
SELECT id, name, manager FROM teams WHERE changed > %(changed)s;

-- name: changed_departed
SELECT kind, id FROM departed WHERE changed > %(changed)s;

-- name: people_by_id
SELECT * FROM people WHERE id = ANY (%(ids)s::text[]);

-- name: roles_by_id
SELECT r.id, r.name, r.description, r.changed,
    (SELECT count(*) FROM user_roles AS h JOIN users AS u ON u.id = h.user_id AND u.active WHERE h.role = r.id) AS holders
FROM roles AS r WHERE r.id = ANY (%(ids)s::text[]);

-- name: teams_by_id
SELECT t.id, t.name, t.manager, t.changed,
    (SELECT count(*) FROM team_members AS m WHERE m.team = t.id) AS holders
FROM teams AS t WHERE t.id = ANY (%(ids)s::text[]);

-- name: list_people
-- First who, then what is true of them, as above.
WITH found AS MATERIALIZED (
    SELECT p.id FROM users AS p
    WHERE p.id > %(after)s
        AND (%(role)s::text IS NULL OR p.id IN (SELECT user_id FROM user_roles WHERE role = %(role)s))
        AND (%(team)s::text IS NULL OR p.id IN (SELECT user_id FROM team_members WHERE team = %(team)s))
        AND (%(manager)s::text IS NULL OR p.reports_to = %(manager)s OR p.id IN (
            SELECT m.user_id FROM team_members AS m JOIN teams AS t ON t.id = m.team
            WHERE t.manager = %(manager)s AND m.user_id <> %(manager)s))
        AND (%(skill)s::text IS NULL OR p.id IN (
            SELECT user_id FROM user_skills
            WHERE skill = %(skill)s AND (expires_on IS NULL OR expires_on >= (SELECT wayline_now())::date)))
        AND (%(active)s::boolean IS NULL OR p.active = %(active)s)
        AND (%(absent)s::boolean IS NULL OR %(absent)s = (p.id IN (
            SELECT user_id FROM absences
            WHERE starts_at <= (SELECT wayline_now()) AND ends_at > (SELECT wayline_now()) AND roles IS NULL)))
        AND (%(q)s::text IS NULL OR strpos(lower(p.id), %(q)s) > 0 OR strpos(lower(p.name), %(q)s) > 0)
    ORDER BY p.id LIMIT %(limit)s
)
SELECT p.* FROM found JOIN people AS p ON p.id = found.id ORDER BY p.id;

-- name: list_roles
SELECT r.id, r.name, r.description, r.changed,
    (SELECT count(*) FROM user_roles AS h JOIN users AS u ON u.id = h.user_id AND u.active WHERE h.role = r.id) AS holders
FROM roles AS r WHERE r.id > %(after)s ORDER BY r.id LIMIT %(limit)s;

-- name: list_teams
SELECT t.id, t.name, t.manager, t.changed,
    (SELECT count(*) FROM team_members AS m WHERE m.team = t.id) AS holders
FROM teams AS t WHERE t.id > %(after)s ORDER BY t.id LIMIT %(limit)s;

-- name: list_absences
-- Those to come last: by when they start, the latest first.
SELECT * FROM absences WHERE user_id = %(user)s AND (%(before)s::bigint IS NULL OR (starts_at, id) < (
    SELECT starts_at, id FROM absences WHERE id = %(before)s AND user_id = %(user)s))
ORDER BY starts_at DESC, id DESC LIMIT %(limit)s;

-- name: absence
SELECT * FROM absences WHERE user_id = %(user)s AND id = %(absence)s;

-- name: open_work
-- Of people only: what somebody has or delegated, or what nobody has and a role is to do.
SELECT t.process_id, t.n, t.name, p.title AS process_title, p.journey, p.journey_version, t.atom, t.role, t.assignee,
    t.status, t.priority, t.due_at, t.version
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id
WHERE t.kind <> 'system' AND t.ended_at IS NULL
    AND (t.assignee = %(user)s OR t.delegated_by = %(delegator)s::text
        OR (%(user)s::text IS NULL AND t.assignee IS NULL AND t.role = %(role)s))
    AND (%(process)s::text IS NULL OR (t.process_id, t.n) > (%(process)s, %(n)s))
ORDER BY t.process_id, t.n LIMIT %(limit)s;

-- name: count_open_work
SELECT count(*) FROM (
    SELECT FROM tasks AS t
    WHERE t.kind <> 'system' AND t.ended_at IS NULL
        AND (t.assignee = %(user)s OR t.delegated_by = %(delegator)s::text
            OR (%(user)s::text IS NULL AND t.assignee IS NULL AND t.role = %(role)s))
    LIMIT 10000
) AS found;
