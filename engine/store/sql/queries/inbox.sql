-- What the inbox asks besides its list (sql/inbox).

-- name: performers_of_steps
SELECT asked.process_id, asked.atom, s.performers
FROM unnest(%(processes)s::text[], %(atoms)s::text[]) AS asked (process_id, atom) CROSS JOIN LATERAL (
    SELECT performers FROM steps WHERE process_id = asked.process_id AND atom = asked.atom ORDER BY visit DESC LIMIT 1
) AS s
WHERE s.performers <> '{}';
