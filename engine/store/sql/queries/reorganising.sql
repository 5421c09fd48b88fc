-- Changes of who there is. Each transaction begins with `lock_organisation` and ends with `count_organisation_up`.

-- name: lock_organisation
SELECT version FROM organisation FOR UPDATE;

-- name: count_organisation_up
UPDATE organisation SET version = %(version)s;

-- name: members_of
SELECT team, user_id FROM team_members WHERE team = ANY (%(teams)s::text[]);

-- name: known_users
SELECT id FROM users WHERE id = ANY (%(ids)s::text[]);

-- name: known_roles
SELECT id FROM roles WHERE id = ANY (%(ids)s::text[]);

-- name: known_teams
SELECT id FROM teams WHERE id = ANY (%(ids)s::text[]);

-- name: known_calendars
-- They stay until the users who name them are entered, and then because they are.
SELECT id FROM calendars WHERE id = ANY (%(ids)s::text[]) ORDER BY id FOR KEY SHARE;

-- name: put_roles
INSERT INTO roles (id, name, description, changed)
SELECT id, name, description, %(version)s
FROM json_to_recordset(%(roles)s::json) AS r (id text, name text, description text)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, changed = excluded.changed;

-- name: put_users
INSERT INTO users (id, name, email, active, reports_to, capacity, time_zone, calendar, token_at, changed)
SELECT id, name, email, active, reports_to, capacity, time_zone, calendar, %(token_at)s::timestamptz, %(version)s
FROM json_to_recordset(%(users)s::json) AS u (
    id text, name text, email text, active boolean, reports_to text, capacity integer, time_zone text, calendar text)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, email = excluded.email, active = excluded.active, reports_to = excluded.reports_to,
    capacity = excluded.capacity, time_zone = excluded.time_zone, calendar = excluded.calendar,
    token_at = excluded.token_at, changed = excluded.changed;

-- name: put_teams
INSERT INTO teams (id, name, manager, changed)
SELECT id, name, manager, %(version)s
FROM json_to_recordset(%(teams)s::json) AS t (id text, name text, manager text)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, manager = excluded.manager, changed = excluded.changed;

-- name: put_user_roles
WITH kept AS (
    SELECT u.id, role FROM json_to_recordset(%(users)s::json) AS u (id text, roles text[]), unnest(u.roles) AS role
), given AS (
    INSERT INTO user_roles (user_id, role) SELECT id, role FROM kept ON CONFLICT DO NOTHING
)
DELETE FROM user_roles AS r
WHERE r.user_id = ANY (%(ids)s::text[]) AND NOT EXISTS (
    SELECT FROM kept WHERE kept.id = r.user_id AND kept.role = r.role);

-- name: put_team_members
WITH kept AS (
    SELECT u.id, team FROM json_to_recordset(%(users)s::json) AS u (id text, teams text[]), unnest(u.teams) AS team
), given AS (
    INSERT INTO team_members (user_id, team) SELECT id, team FROM kept ON CONFLICT DO NOTHING
)
DELETE FROM team_members AS m
WHERE m.user_id = ANY (%(ids)s::text[]) AND NOT EXISTS (
    SELECT FROM kept WHERE kept.id = m.user_id AND kept.team = m.team);

-- name: put_user_skills
WITH kept AS (
    SELECT u.id, s.skill, s.level, s.expires_on
    FROM json_to_recordset(%(users)s::json) AS u (id text, skills json),
        json_to_recordset(u.skills) AS s (skill text, level integer, expires_on date)
), given AS (
    INSERT INTO user_skills (user_id, skill, level, expires_on) SELECT id, skill, level, expires_on FROM kept
    ON CONFLICT (user_id, skill) DO UPDATE SET level = excluded.level, expires_on = excluded.expires_on
)
DELETE FROM user_skills AS s
WHERE s.user_id = ANY (%(ids)s::text[]) AND NOT EXISTS (
    SELECT FROM kept WHERE kept.id = s.user_id AND kept.skill = s.skill);

-- name: absences_of
SELECT * FROM absences WHERE user_id = ANY (%(users)s::text[]);

-- name: add_absence
INSERT INTO absences (user_id, starts_at, ends_at, substitute, roles, reason)
VALUES (%(user)s, %(starts_at)s, %(ends_at)s, %(substitute)s, %(roles)s, %(reason)s)
RETURNING id;

-- name: change_absence
UPDATE absences SET starts_at = %(starts_at)s, ends_at = %(ends_at)s, substitute = %(substitute)s, roles = %(roles)s,
    reason = %(reason)s
WHERE user_id = %(user)s AND id = %(absence)s;

-- name: remove_absence
DELETE FROM absences WHERE user_id = %(user)s AND id = %(absence)s;

-- name: touch_users
UPDATE users SET changed = %(version)s WHERE id = ANY (%(ids)s::text[]);

-- name: inherit_reports
UPDATE users SET reports_to = %(boss)s, changed = %(version)s WHERE reports_to = %(id)s RETURNING id;

-- name: inherit_teams
UPDATE teams SET manager = %(boss)s, changed = %(version)s WHERE manager = %(id)s RETURNING id;

-- name: substituted_by
SELECT DISTINCT user_id FROM absences WHERE substitute = %(id)s;

-- name: holders_of
SELECT user_id FROM user_roles WHERE role = %(id)s;

-- name: remove_user
DELETE FROM users WHERE id = %(id)s;

-- name: remove_role
DELETE FROM roles WHERE id = %(id)s;

-- name: remove_team
DELETE FROM teams WHERE id = %(id)s;

-- name: depart
INSERT INTO departed (kind, id, changed) VALUES (%(kind)s, %(id)s, %(version)s)
ON CONFLICT (kind, id) DO UPDATE SET changed = excluded.changed;

-- name: come_back
DELETE FROM departed WHERE kind = %(kind)s AND id = ANY (%(ids)s::text[]);

-- name: audit_changes
INSERT INTO audit_events (type, actor, subject, payload)
SELECT type, %(by)s, subject, payload
FROM json_to_recordset(%(changes)s::json) AS c (type text, subject text, payload jsonb);

-- name: look_again
SELECT wayline_look_again(%(roles)s::text[]);
