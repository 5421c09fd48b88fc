-- Reads of the documents of a case.

-- name: document_versions
SELECT document, version, state, since, links, note, atom, visit, received_by, received_at, judged_by, judged_for
FROM (
    SELECT *, row_number() OVER (PARTITION BY document ORDER BY version DESC) AS place
    FROM case_documents WHERE process_id = %(process)s
) AS d
WHERE place <= %(most)s
ORDER BY document, version DESC;
