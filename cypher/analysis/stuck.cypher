// question: Which cases stand still, since when, and on what?
// param: journey text null — only this journey
// param: before time null — only what stands still since before this time
// param: limit integer 25 — how many rows
// column: process — the process's id
// column: business_key — the case's own number
// column: journey — the journey's key
// column: atom — the atom it stands at
// column: name — the atom's name
// column: cause — incident, unclaimed (nobody has taken the task), in_hand (somebody has), or action (a worker's)
// column: incident — the incident's code
// column: who — the role or the person it waits for
// column: since — since when
// column: pending — how many steps of the case wait at a join or for a dependency
CALL () {
  MATCH (step:Step)-[:OF]->(atom:Atom)
  WHERE step.held IS NOT NULL
  MATCH (process:ProcessInstance)-[:HAS_STEP]->(step)
  RETURN process, atom, 'incident' AS cause, step.incident AS incident, null AS holder, step.held_since AS since
  UNION ALL
  MATCH (process:ProcessInstance)-[at:AT_STEP]->(atom:Atom)
  WHERE $before IS NULL OR at.since < datetime($before)
  MATCH (process)-[:HAS_STEP]->(step:Step {state: 'active'})-[:OF]->(atom)
  WHERE step.held IS NULL
  WITH process, at, atom, head(COLLECT { MATCH (user:User)-[:HOLDS]->(step) RETURN user.id }) AS holder
  RETURN process, atom,
    CASE WHEN atom.kind <> 'human' THEN 'action' WHEN holder IS NULL THEN 'unclaimed' ELSE 'in_hand' END AS cause,
    null AS incident, holder, at.since AS since
}
WITH * WHERE process.status = 'running' AND ($journey IS NULL OR process.journey = $journey)
  AND ($before IS NULL OR since < datetime($before))
WITH process, atom, cause, incident, holder, since
ORDER BY cause = 'incident' DESC, since, process.id, atom.index
LIMIT $limit
RETURN process.id AS process, process.business_key AS business_key, process.journey AS journey, atom.id AS atom,
  atom.name AS name, cause, incident, CASE WHEN cause <> 'incident' THEN coalesce(holder, atom.role) END AS who, since,
  COUNT { (process)-[:PENDING]->(:Atom) } AS pending
