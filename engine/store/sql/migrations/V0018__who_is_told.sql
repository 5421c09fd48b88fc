-- Who is told what: the notifications of people, what they prefer, webhooks of other programs, and what is on its way.

-- How far the events have been told of. It begins with the oldest transaction under way: nobody is told of what was
-- long before. `at` is the time of the last event that was read.
CREATE TABLE told (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch text NOT NULL,
    xid xid8 NOT NULL,
    id bigint NOT NULL,
    at timestamptz NOT NULL
);
INSERT INTO told (epoch, xid, id, at)
SELECT concat_ws('/', id, wayline_cluster(), wayline_timeline()), pg_snapshot_xmin(pg_current_snapshot()), 0,
    wayline_now()
FROM epoch;

-- The list of each user. An id is derived from the event, the kind and the user: told twice, it is one row.
CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    process_id text COLLATE "C" NOT NULL,
    task integer,
    incident integer,
    atom text,
    text text NOT NULL CHECK (length(text) <= 2000),
    at timestamptz NOT NULL,
    read_at timestamptz
);
CREATE INDEX notifications_of_user ON notifications (user_id, at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id, at DESC, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_past ON notifications (at);

-- `channels` are those of the kinds that the user wants otherwise than the table of kinds has it. The digest is sent
-- once a day at `digest_at` of the user's time zone, next at `digest_due`.
CREATE TABLE notification_preferences (
    user_id text COLLATE "C" PRIMARY KEY,
    channels jsonb NOT NULL DEFAULT '{}',
    digest_at time,
    time_zone text,
    digest_due timestamptz,
    CONSTRAINT due_where_wanted CHECK ((digest_at IS NULL) = (digest_due IS NULL))
);
CREATE INDEX notification_preferences_due ON notification_preferences (digest_due) WHERE digest_due IS NOT NULL;

-- `secret` is a fingerprint: the secret itself is derived from the server's key and is in no table. No kinds are all.
-- One that does not answer rests for a while; one that answers nothing for days is no longer active.
CREATE TABLE webhooks (
    id text COLLATE "C" PRIMARY KEY,
    url text NOT NULL CHECK (length(url) <= 2000),
    description text NOT NULL,
    kinds text[] NOT NULL,
    secret text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    failing_since timestamptz,
    rests_until timestamptz,
    stopped_because text,
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    created_by text NOT NULL,
    CONSTRAINT rests_where_failing CHECK ((failing_since IS NULL) = (rests_until IS NULL)),
    CONSTRAINT reason_where_stopped CHECK (stopped_because IS NULL OR NOT active)
);

-- What is sent: a row until some days after its end. `next_at` is when it may be tried, and while somebody tries, when
-- another may; `attempts` tells these apart. Its id is what a receiver drops a second one by.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('email', 'digest', 'webhook')),
    user_id text COLLATE "C",
    webhook_id text COLLATE "C",
    kind text NOT NULL,
    message jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'void')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at timestamptz,
    why text,
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    ended_at timestamptz,
    CONSTRAINT one_receiver CHECK ((channel = 'webhook') = (webhook_id IS NOT NULL) AND num_nonnulls(user_id, webhook_id) = 1),
    CONSTRAINT next_while_waiting CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CONSTRAINT ended_when_over CHECK ((state = 'waiting') = (ended_at IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX deliveries_mail_due ON deliveries (next_at, id) WHERE next_at IS NOT NULL AND webhook_id IS NULL;
CREATE INDEX deliveries_webhook_due ON deliveries (webhook_id, next_at, id)
    WHERE next_at IS NOT NULL AND webhook_id IS NOT NULL;
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, created_at DESC, id DESC) WHERE webhook_id IS NOT NULL;
CREATE INDEX deliveries_past ON deliveries (created_at);
