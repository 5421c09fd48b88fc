-- The keys that sensitive values were sealed with, by their ids.

-- name: sealing_keys
SELECT id FROM sealing_keys ORDER BY id;

-- name: note_sealing_key
INSERT INTO sealing_keys (id) VALUES (%(id)s) ON CONFLICT DO NOTHING;
