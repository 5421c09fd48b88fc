-- Parts of the statements that read open work of people (engine.store.open_work). An arm for each way in which work is
-- somebody's, each a walk along an index of its own; to it come the filters that were asked for, and no others: so a
-- plan may be made once, and none is made for a filter that is not there. `whose` is the person or role walked for.

-- name: users
SELECT t.* FROM unnest(%(users)s::text[]) AS whose (id);

-- name: roles
SELECT t.* FROM unnest(%(roles)s::text[]) AS whose (id);

-- name: delegators
SELECT t.* FROM unnest(%(delegators)s::text[]) AS whose (id);

-- name: asked
SELECT t.* FROM unnest(%(asked)s::text[]) AS whose (id);

-- name: levels
-- In the order of due dates there is a walk for each priority: the indexes have the priority before the date.
CROSS JOIN unnest(ARRAY[0, 1, 2, 3]::smallint[]) AS level (urgency);

-- name: walk
CROSS JOIN LATERAL (SELECT t.* FROM (
    SELECT t.urgency, t.due_order, t.created_at, t.process_id, t.n, t.atom FROM tasks AS t
    WHERE t.kind <> 'system' AND t.ended_at IS NULL;

-- name: walk_by_age
-- No more than the index of age has, so that nothing else is read.
CROSS JOIN LATERAL (SELECT t.* FROM (
    SELECT t.created_at, t.process_id, t.n, t.atom FROM tasks AS t
    WHERE t.kind <> 'system' AND t.ended_at IS NULL;

-- name: of_users
AND t.assignee = whose.id;

-- name: of_roles
AND t.role = whose.id AND t.assignee IS NULL;

-- name: of_delegators
AND t.delegated_by = whose.id;

-- name: of_asked
-- What the other arms have found already is not found again.
AND t.escalated_to = whose.id AND (t.assignee IS NULL OR t.assignee <> ALL (%(users)s::text[]))
    AND (t.assignee IS NOT NULL OR t.role <> ALL (%(roles)s::text[]));

-- name: unbarred
-- Four eyes: not what is only for others, as engine.core.eligibility says it. Looked at one by one, in the order of the
-- list: what is sorted before is read from the index alone. Most atoms have no such rule, which one look tells; written
-- as a value, so that no plan reads the whole table for it.
WHERE coalesce((SELECT false FROM four_eyes AS f WHERE f.atom = t.atom LIMIT 1), true) OR NOT EXISTS (
    SELECT FROM process_instances AS p
    JOIN four_eyes AS f ON f.atom = t.atom AND f.journey = p.journey AND f.journey_version = p.journey_version
    WHERE p.id = t.process_id AND %(barred)s::text = ANY ((
        SELECT s.performers FROM steps AS s WHERE s.process_id = p.id AND s.atom = f.other ORDER BY s.visit DESC LIMIT 1
    )::text[]));

-- name: journey
AND EXISTS (SELECT FROM process_instances AS p WHERE p.id = t.process_id AND p.journey = %(journey)s::text);

-- name: atom
AND t.atom = %(atom)s::text;

-- name: role
AND t.role = %(role)s::text;

-- name: priority
AND t.urgency = %(priority)s::smallint;

-- name: status
AND t.status = %(status)s::text;

-- name: overdue
AND %(overdue)s::boolean = (t.due_order < (SELECT wayline_now()));

-- name: blocked
AND %(blocked)s::boolean = (t.status = 'blocked');

-- name: delegated
AND %(delegated)s::boolean = (t.delegated_by IS NOT NULL);

-- name: sla
-- Few tasks are, and those of a role have an index of their own.
AND t.sla_alert = %(sla)s::text;

-- name: q
AND (t.name ILIKE %(q)s::text OR EXISTS (
    SELECT FROM process_instances AS p
    WHERE p.id = t.process_id AND (p.title ILIKE %(q)s::text OR p.business_key ILIKE %(q)s::text)));

-- name: after_urgency
AND (t.urgency, t.due_order, t.created_at, t.process_id, t.n)
    > (%(urgency)s::smallint, coalesce(%(due)s::timestamptz, 'infinity'), %(at)s::timestamptz, %(id)s::text,
        %(n)s::integer);

-- name: by_urgency
ORDER BY t.urgency, t.due_order, t.created_at, t.process_id, t.n;

-- name: after_due
-- Of what is due at the same time, a higher priority was there before the cursor, and a lower one comes after it.
AND t.urgency = level.urgency AND (t.due_order, t.created_at, t.process_id, t.n)
    > (coalesce(%(due)s::timestamptz, 'infinity'), CASE sign(level.urgency - %(urgency)s::smallint)
        WHEN -1 THEN 'infinity' WHEN 0 THEN %(at)s::timestamptz ELSE '-infinity' END, %(id)s::text, %(n)s::integer);

-- name: by_due
ORDER BY t.due_order, t.urgency, t.created_at, t.process_id, t.n;

-- name: after_priority
AND (t.urgency, t.created_at, t.process_id, t.n)
    > (%(urgency)s::smallint, %(at)s::timestamptz, %(id)s::text, %(n)s::integer);

-- name: by_priority
ORDER BY t.urgency, t.created_at, t.process_id, t.n;

-- name: after_age
AND (t.created_at, t.process_id, t.n) > (%(at)s::timestamptz, %(id)s::text, %(n)s::integer);

-- name: by_age
ORDER BY t.created_at, t.process_id, t.n;

-- name: after_age_of_few
-- For arms with so few tasks that no index has their open ones by age. None has what is added to the time: the one that
-- begins with it would be walked from the oldest task that there ever was, and the oldest are done.
AND (t.created_at + interval '0', t.process_id, t.n) > (%(at)s::timestamptz, %(id)s::text, %(n)s::integer);

-- name: by_age_of_few
ORDER BY t.created_at + interval '0', t.process_id, t.n;

-- name: nearest
-- Of what each arm finds, the soonest of all.
WITH nearest AS (SELECT t.* FROM (;

-- name: shown
-- What the list shows of those that were found, in the order of `engine.inbox_answers.InboxItem`. A case's data are read for
-- these alone; the fence keeps a plan from reading all tasks of a case for one. Times are texts: they go out, and into a
-- cursor, without becoming anything else.
) SELECT t.process_id || '.' || t.n AS id, one.kind, t.process_id, p.title, p.journey, one.atom, one.visit,
    one.item_index, one.name, one.role, one.assignee, one.status, one.priority, one.due_at::text AS due_at,
    one.sla::text AS sla, coalesce(one.input, p.context)::text AS input, one.output::text AS output, NULL AS form,
    t.created_at::text AS created_at, one.started_at::text AS started_at, NULL AS ended_at, one.version,
    one.description, one.optional, one.delegated_by, one.seeking, one.escalations, p.journey_version, p.business_key,
    one.urgency, t.n, nullif(one.due_order, 'infinity')::text
FROM nearest AS t
CROSS JOIN LATERAL (SELECT * FROM tasks WHERE process_id = t.process_id AND n = t.n OFFSET 0) AS one
JOIN process_instances AS p ON p.id = t.process_id;

-- name: most
LIMIT %(limit)s;

-- name: counted
SELECT count(*) FROM (SELECT FROM (;

-- name: in_all
) AS counted;
