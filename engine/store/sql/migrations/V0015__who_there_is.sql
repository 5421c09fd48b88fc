-- Who there is: users, the roles they hold, their teams, skills and absences. Each change locks the row of `organisation`
-- and counts it up, so that versions are committed in order; `changed` of a row is the version that last changed it.
CREATE TABLE organisation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL DEFAULT 0
);
INSERT INTO organisation DEFAULT VALUES;

-- Of who was entered from a token, and of whom nobody else said anything since, `token_at` is when that was issued.
CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    name text NOT NULL,
    email text,
    active boolean NOT NULL DEFAULT true,
    reports_to text COLLATE "C" REFERENCES users,
    capacity integer CHECK (capacity >= 0),
    time_zone text,
    calendar text,
    token_at timestamptz,
    changed bigint NOT NULL,
    CONSTRAINT nobody_reports_to_themselves CHECK (reports_to <> id)
);
CREATE INDEX users_changed ON users (changed, id);
CREATE INDEX users_by_manager ON users (reports_to) WHERE reports_to IS NOT NULL;

CREATE TABLE roles (
    id text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    changed bigint NOT NULL
);
CREATE INDEX roles_changed ON roles (changed, id);

CREATE TABLE teams (
    id text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    name text NOT NULL,
    manager text COLLATE "C" REFERENCES users,
    changed bigint NOT NULL
);
CREATE INDEX teams_changed ON teams (changed, id);
CREATE INDEX teams_by_manager ON teams (manager) WHERE manager IS NOT NULL;

CREATE TABLE user_roles (
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    role text COLLATE "C" NOT NULL REFERENCES roles ON DELETE CASCADE,
    PRIMARY KEY (user_id, role)
);
CREATE INDEX user_roles_holders ON user_roles (role, user_id);

CREATE TABLE team_members (
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    team text COLLATE "C" NOT NULL REFERENCES teams ON DELETE CASCADE,
    PRIMARY KEY (user_id, team)
);
CREATE INDEX team_members_of_team ON team_members (team, user_id);

-- `expires_on` is the last day, in UTC.
CREATE TABLE user_skills (
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    skill text NOT NULL,
    level integer NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 100),
    expires_on date,
    PRIMARY KEY (user_id, skill)
);
CREATE INDEX user_skills_by_skill ON user_skills (skill, user_id);

-- Without `roles`, of all of them. The same time said twice is one absence.
CREATE TABLE absences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    substitute text COLLATE "C" REFERENCES users ON DELETE SET NULL,
    roles text[] CHECK (cardinality(roles) > 0),
    reason text NOT NULL DEFAULT '',
    CONSTRAINT ends_after_it_starts CHECK (ends_at > starts_at),
    CONSTRAINT nobody_substitutes_themselves CHECK (substitute <> user_id),
    CONSTRAINT said_once UNIQUE NULLS NOT DISTINCT (user_id, starts_at, ends_at, roles)
);
CREATE INDEX absences_to_come ON absences (user_id, ends_at);
CREATE INDEX absences_by_substitute ON absences (substitute) WHERE substitute IS NOT NULL;

-- Who and what was removed, so that a value in memory can follow.
CREATE TABLE departed (
    kind text NOT NULL CHECK (kind IN ('user', 'role', 'team')),
    id text COLLATE "C" NOT NULL,
    changed bigint NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX departed_changed ON departed (changed);

-- Users as `engine.core.organisation.User` has them, with the absences that are not over. A sandbox's clock is ahead of
-- now(), so none is missing there; wayline_now() would keep the planner from looking at single users.
CREATE VIEW people AS
SELECT u.id, u.name, u.email, u.active, u.reports_to, u.capacity, u.time_zone, u.calendar, u.token_at, u.changed,
    ARRAY(SELECT role FROM user_roles AS r WHERE r.user_id = u.id ORDER BY role) AS roles,
    ARRAY(SELECT team FROM team_members AS m WHERE m.user_id = u.id ORDER BY team) AS teams,
    (SELECT json_agg(json_build_array(s.skill, s.level, s.expires_on) ORDER BY s.skill COLLATE "C")
        FROM user_skills AS s WHERE s.user_id = u.id) AS skills,
    (SELECT json_agg(a ORDER BY a.starts_at, a.id)
        FROM absences AS a WHERE a.user_id = u.id AND a.ends_at > now()) AS absences
FROM users AS u;

-- Who manages whom goes round in no circle, over one chain of at most 100 people. The circle is in the error's detail.
CREATE FUNCTION wayline_refuse_circle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    circle text[];
BEGIN
    WITH RECURSIVE up (path, boss) AS (
        SELECT ARRAY[id], reports_to FROM written WHERE reports_to IS NOT NULL
        UNION ALL
        SELECT path || u.id, u.reports_to FROM up JOIN users AS u ON u.id = up.boss
        WHERE u.reports_to IS NOT NULL AND up.path[1] <> u.id AND cardinality(path) <= 100
    )
    SELECT path || boss INTO circle FROM up WHERE boss = path[1] OR cardinality(path) > 100 LIMIT 1;
    IF circle IS NOT NULL THEN
        RAISE EXCEPTION 'a chain of managers is a circle, or longer than 100 people' USING
            ERRCODE = 'check_violation', CONSTRAINT = 'managers_in_no_circle', DETAIL = to_json(circle)::text;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER managers_in_no_circle_of_new AFTER INSERT ON users REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION wayline_refuse_circle();
CREATE TRIGGER managers_in_no_circle AFTER UPDATE ON users REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION wayline_refuse_circle();

-- Makes tasks of these roles that seek somebody be looked at again at once. A row that is locked is being looked at now.
CREATE INDEX assignment_queue_of_role ON assignment_queue (role, next_at);
CREATE FUNCTION wayline_look_again(concerned text[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    UPDATE assignment_queue AS q SET next_at = wayline_now()
    FROM (
        SELECT process_id, n FROM assignment_queue
        WHERE role = ANY (concerned) AND next_at > (SELECT wayline_now())
        ORDER BY process_id, n FOR UPDATE SKIP LOCKED
    ) AS waiting
    WHERE q.process_id = waiting.process_id AND q.n = waiting.n;
END;
