// A rework (R7) resets a region of atoms: each member that had been started or resolved goes back to waiting with its next
// visit. What these statements make of it follows from the graph alone, in this order. In a row, a member's `key` is that
// of its step from now on and `old` that of the step it had: another one where a visit begins.

// name: end_visits
// The region has no short form any more. A visit that had not ended is over.
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})
SET process.reworks = coalesce(process.reworks, 0) + 1
WITH process, row
UNWIND row.members AS member
MATCH (atom:Atom {key: process.journey + '@' + process.version + '/' + member.atom})
CALL (process, atom) {
  MATCH (process)-[short:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom)
  DELETE short
}
CALL (row, member) {
  MATCH (old:Step {key: member.old, state: 'active'})
  WHERE member.old <> member.key
  SET old.state = 'cancelled', old.ended_at = row.at, old.held = null
};

// name: forget_leads
// The edges of members are pending again: they led nowhere that has started.
UNWIND $net.rows AS row
UNWIND row.members AS member
WITH row, member
WHERE member.old = member.key
MATCH (source:Step)-[led:LED_TO]->(:Step {key: member.key})
WHERE source.atom IN row.region
DELETE led;

// name: open_visits
// `gates` are the members whose edges a member waits for first. The first member is ready whatever its join, and so is an
// atom that nothing leads to.
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})
UNWIND row.members AS member
MATCH (atom:Atom {key: process.journey + '@' + process.version + '/' + member.atom})
MERGE (step:Step {key: member.key})
MERGE (process)-[:HAS_STEP]->(step)
MERGE (step)-[:OF]->(atom)
WITH process, row, member, atom, step, COLLECT {
  MATCH (source:Atom)-[edge:ENABLES]->(atom)
  WHERE NOT edge.rework AND (process.part IS NULL OR process.part IN [source.phase, source.module])
  RETURN DISTINCT source.id
} AS sources
WITH row, member, step, sources, [source IN sources WHERE source IN row.region] AS gates
SET step += {
  process: row.process, atom: member.atom, visit: member.visit, state: 'waiting',
  gates: CASE WHEN size(gates) > 0 THEN gates END,
  ready_at: CASE WHEN member.atom = row.target OR size(sources) = 0 THEN row.at END
};

// name: keep_leads
// Steps outside the region keep their result: what they led to, they lead to in the new visit.
UNWIND $net.rows AS row
UNWIND row.members AS member
WITH row, member
WHERE member.old <> member.key
MATCH (source:Step)-[led:LED_TO]->(:Step {key: member.old})
WHERE NOT source.atom IN row.region
MATCH (step:Step {key: member.key})
CREATE (source)-[:LED_TO {on: led.on}]->(step);

// name: await_again
UNWIND $net.rows AS row
UNWIND row.members AS member
MATCH (process:ProcessInstance)-[:HAS_STEP]->(step:Step {key: member.key})-[:OF]->(atom:Atom)
WHERE step.ready_at IS NOT NULL OR EXISTS { (:Step)-[:LED_TO]->(step) }
CREATE (process)-[:PENDING {visit: step.visit, since: row.at}]->(atom);

// name: lead_back
UNWIND $net.rows AS row
MATCH (source:Step {key: row.source})
MATCH (step:Step {key: row.key})
CREATE (source)-[:LED_TO {on: source.exit, rework: true}]->(step)
