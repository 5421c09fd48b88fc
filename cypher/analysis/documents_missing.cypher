// question: Which documents hold up most cases, and since when?
// param: journey text null — only this journey
// param: limit integer 25 — how many rows
// column: journey — the journey's key
// column: document — the document's id
// column: name — its name
// column: cases — how many running cases have open work that cannot be completed before it is accepted
// column: missing — to how many of them it never came
// column: received — in how many it waits for somebody to accept it
// column: refused — in how many somebody refused it, and no newer version came
// column: oldest_at — since when the case that has waited longest does
// column: example — that case
// column: atoms — the atoms that cannot be completed
// column: produced_by — the atoms that make it
MATCH (document:Document)<-[:USES {required: true}]-(atom:Atom)<-[at:AT_STEP]-(process:ProcessInstance {status: 'running'})
WHERE $journey IS NULL OR document.journey = $journey
OPTIONAL MATCH (process)-[has:HAS_DOCUMENT]->(document)
WITH document, atom, process, at.since AS since, coalesce(has.state, 'missing') AS state
WHERE state <> 'accepted'
ORDER BY since, process.id, atom.index
WITH document, process, min(since) AS since, state, collect(atom.id) AS atoms
ORDER BY since, process.id
WITH document.journey AS journey, document.id AS document, collect(DISTINCT document) AS nodes, collect(document.name)[0] AS name,
  count(*) AS cases, min(since) AS oldest_at, collect(process.id)[0] AS example,
  sum(CASE state WHEN 'missing' THEN 1 ELSE 0 END) AS missing,
  sum(CASE state WHEN 'received' THEN 1 ELSE 0 END) AS received,
  sum(CASE state WHEN 'refused' THEN 1 ELSE 0 END) AS refused,
  collect(atoms) AS waiting
RETURN journey, document, name, cases, missing, received, refused, oldest_at, example,
  COLLECT { UNWIND waiting AS some UNWIND some AS id RETURN DISTINCT id ORDER BY id } AS atoms,
  COLLECT { UNWIND nodes AS node MATCH (maker:Atom)-[:PRODUCES]->(node) RETURN DISTINCT maker.id AS id ORDER BY id } AS produced_by
ORDER BY cases DESC, oldest_at, journey, document
LIMIT $limit
