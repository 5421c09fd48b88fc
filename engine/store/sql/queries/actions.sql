-- What operators say of actions, and how much work there is of each (R10).

-- name: pause_action
-- One that rests already keeps its first pause; then no row is changed, and nothing is audited.
WITH paused AS (
    INSERT INTO actions (action, paused_at, paused_by, paused_for)
    VALUES (%(action)s, wayline_now(), %(by)s, %(reason)s)
    ON CONFLICT (action) DO UPDATE SET
        paused_at = excluded.paused_at, paused_by = excluded.paused_by, paused_for = excluded.paused_for
        WHERE actions.paused_at IS NULL
    RETURNING action
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'action.paused', %(by)s, action, jsonb_build_object('reason', %(reason)s::text) FROM paused;

-- name: resume_action
WITH resumed AS (
    UPDATE actions SET paused_at = NULL, paused_by = NULL, paused_for = NULL
    WHERE action = %(action)s AND paused_at IS NOT NULL
    RETURNING action
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'action.resumed', %(by)s, action, jsonb_build_object('reason', %(reason)s::text) FROM resumed;

-- name: limit_action
WITH limited AS (
    INSERT INTO actions (action, most) VALUES (%(action)s, %(most)s)
    ON CONFLICT (action) DO UPDATE SET most = excluded.most WHERE actions.most IS DISTINCT FROM excluded.most
    RETURNING action, most
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'action.limited', %(by)s, action, jsonb_build_object('most', most, 'reason', %(reason)s::text) FROM limited;

-- name: action_names
-- Those with work, a pause or a limit. From each name the index is asked for the next: it is not read through.
WITH RECURSIVE due (action) AS (
    (SELECT action FROM work
    WHERE action > %(after)s AND lease_until IS NULL AND due_at IS NOT NULL AND NOT standing
    ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT w.action FROM work AS w
        WHERE w.action > due.action AND lease_until IS NULL AND due_at IS NOT NULL AND NOT standing
        ORDER BY w.action LIMIT 1)
    FROM due WHERE due.action IS NOT NULL
), held (action) AS (
    (SELECT action FROM work WHERE action > %(after)s AND worker IS NOT NULL ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT w.action FROM work AS w
        WHERE w.action > held.action AND worker IS NOT NULL ORDER BY w.action LIMIT 1)
    FROM held WHERE held.action IS NOT NULL
)
SELECT action FROM (
    SELECT action FROM due UNION SELECT action FROM held UNION
    SELECT action FROM actions WHERE action > %(after)s AND (most IS NOT NULL OR paused_at IS NOT NULL)
) AS named
WHERE action IS NOT NULL
ORDER BY action
LIMIT %(limit)s;

-- name: action_records
SELECT named.action, a.most, a.paused_at, a.paused_by, a.paused_for, waiting.count AS waiting,
    running.count AS running, waiting.oldest AS oldest_due
FROM unnest(%(actions)s::text[]) WITH ORDINALITY AS named (action, place)
LEFT JOIN actions AS a ON a.action = named.action
CROSS JOIN LATERAL (
    SELECT count(*), min(due_at) AS oldest FROM (
        SELECT due_at FROM work
        WHERE action = named.action AND lease_until IS NULL AND NOT standing AND due_at <= (SELECT wayline_now())
        ORDER BY due_at LIMIT 10000
    ) AS due
) AS waiting
CROSS JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT FROM work WHERE action = named.action AND worker IS NOT NULL LIMIT 10000
    ) AS held
) AS running
ORDER BY named.place;

-- name: paused_actions
SELECT action FROM actions WHERE action = ANY (%(actions)s::text[]) AND paused_at IS NOT NULL ORDER BY action;
