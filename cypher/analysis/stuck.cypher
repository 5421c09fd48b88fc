// question: Which cases stand still, since when, and on what?
// param: journey text null — only this journey
// param: before time null — only what stands still since before this time
// param: limit integer 25 — how many rows
// column: process — the process's id
// column: business_key — the case's own number
// column: journey — the journey's key
// column: atom — the atom it stands at
// column: name — the atom's name
// column: cause — incident, unclaimed (nobody has taken the task), in_hand (somebody has), action (a worker's), message,
//   timer or child
// column: incident — the incident's code
// column: who — the role or the person it waits for, or the name of the message
// column: since — since when
// column: pending — how many steps of the case wait at a join or for a dependency
CALL () {
  MATCH (incident:Incident {open: true})<-[:HAS_INCIDENT]-(step:Step)-[:OF]->(atom:Atom)
  MATCH (process:ProcessInstance)-[:HAS_STEP]->(step)
  RETURN process, atom, 'incident' AS cause, incident.code AS incident, null AS holder, null AS awaited,
    incident.raised_at AS since
  UNION ALL
  MATCH (process:ProcessInstance)-[at:AT_STEP]->(atom:Atom)
  WHERE $before IS NULL OR at.since < datetime($before)
  MATCH (process)-[:HAS_STEP]->(step:Step {state: 'active'})-[:OF]->(atom)
  WHERE step.held IS NULL AND NOT EXISTS { (step)-[:HAS_INCIDENT]->(:Incident {open: true}) }
  WITH process, at, atom, step, head(COLLECT { MATCH (user:User)-[:HOLDS]->(step) RETURN user.id }) AS holder
  RETURN process, atom,
    CASE
      WHEN step.message IS NOT NULL THEN 'message'
      WHEN atom.kind = 'wait' THEN 'timer'
      WHEN atom.kind = 'subjourney' THEN 'child'
      WHEN atom.kind <> 'human' THEN 'action'
      WHEN holder IS NULL THEN 'unclaimed'
      ELSE 'in_hand'
    END AS cause,
    null AS incident, holder, step.message AS awaited, at.since AS since
}
WITH * WHERE process.status = 'running' AND ($journey IS NULL OR process.journey = $journey)
  AND ($before IS NULL OR since < datetime($before))
WITH process, atom, cause, incident, holder, awaited, since
ORDER BY cause = 'incident' DESC, since, process.id, atom.index
LIMIT $limit
RETURN process.id AS process, process.business_key AS business_key, process.journey AS journey, atom.id AS atom,
  atom.name AS name, cause, incident, CASE WHEN cause <> 'incident' THEN coalesce(awaited, holder, atom.role) END AS who, since,
  COUNT { (process)-[:PENDING]->(:Atom) } AS pending
