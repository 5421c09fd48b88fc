-- Sensitive fields: which keys have sealed values, and which names of the case data hold some.

-- Every key that ever sealed, by its id; the keys themselves are in no table. Nothing starts without one of these: what
-- was sealed with it is in events, which never change. One that sealed nothing may be deleted here.
CREATE TABLE sealing_keys (
    id text COLLATE "C" PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT wayline_now()
);

-- The names at the top of the case data that hold something sensitive: nobody may look for processes by these.
ALTER TABLE journey_versions ADD COLUMN sensitive text[] NOT NULL DEFAULT '{}';
