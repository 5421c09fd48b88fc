// name: start_processes
// Gives how many of the versions they run are here: a process without its version would be no graph.
UNWIND $rows AS row
MATCH (version:JourneyVersion {key: row.version})
CREATE (process:ProcessInstance {id: row.id})-[:RUNS]->(version)
SET process += row.facts
RETURN count(*) AS started;

// name: change_processes
UNWIND $rows AS row
MATCH (process:ProcessInstance {id: row.id})
SET process += row.facts;

// name: move_steps
// Steps that are here already and changed their state: the short form is replaced. What is ready or active already is so
// since the first time. The subquery keeps the planner, which thinks an empty graph stays so, from starting at the atom:
// all processes that ever came there hang on it.
WITH [time IN $times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $rows AS row
MATCH (process:ProcessInstance)-[:HAS_STEP]->(step:Step {key: row.key})-[:OF]->(atom:Atom)
CALL (process, atom) {
  MATCH (process)-[old:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom)
  DELETE old
}
WITH row, process, step, atom, times[row.ended] AS ended_at, coalesce(times[row.ready], step.ready_at) AS ready_at,
  coalesce(step.started_at, times[row.started]) AS started_at
CREATE (process)-[:$(row.short) {visit: step.visit, since: coalesce(ended_at, started_at)}]->(atom)
SET step += row.facts, step.ready_at = ready_at, step.started_at = started_at, step.ended_at = ended_at;

// name: note_steps
// Steps that are here already and did not change their state.
UNWIND $rows AS row
MATCH (step:Step {key: row.key})
SET step += row.facts;

// name: open_steps
// Steps that are not here yet. Edges that leave the part a process was started at lead nowhere (R1).
WITH [time IN $times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $rows AS row
MATCH (process:ProcessInstance {id: row.process})
MATCH (atom:Atom {key: process.journey + '@' + process.version + '/' + row.atom})
WHERE (process.part IS NULL OR process.part IN [atom.phase, atom.module])
  AND NOT EXISTS { (:Step {key: row.key}) }
CREATE (process)-[:HAS_STEP]->(step:Step {
  key: row.key, process: row.process, atom: row.atom, visit: row.visit,
  ready_at: times[row.ready], started_at: times[row.started], ended_at: times[row.ended]
})-[:OF]->(atom)
CREATE (process)-[:$(row.short) {visit: row.visit, since: times[row.since]}]->(atom)
SET step += row.facts;

// name: lead_steps
UNWIND $rows AS row
MATCH (source:Step {key: row.from})
MATCH (target:Step {key: row.to})
CREATE (source)-[:LED_TO]->(target);

// name: place_people
// Who holds an open task, or performed one that is done; a released or cancelled one nobody.
UNWIND $rows AS row
MATCH (step:Step {key: row.key})
CALL (step) {
  MATCH (:User)-[held:HOLDS]->(step)
  DELETE held
}
WITH step, row
WHERE row.user IS NOT NULL
MERGE (user:User {id: row.user})
CREATE (user)-[:$(row.link)]->(step);

// name: measure_work
// The last `task.started` may have come in an earlier batch than the end of the work.
UNWIND $keys AS key
MATCH (step:Step {key: key})
SET step.worked_seconds = duration.inSeconds(step.work_began_at, step.ended_at).milliseconds / 1000.0;

// name: forget_processes
MATCH (process:ProcessInstance)
WHERE process.ended_at < $ended_before
WITH process ORDER BY process.ended_at LIMIT $limit
OPTIONAL MATCH (process)-[:HAS_STEP]->(step:Step)
DETACH DELETE step
WITH DISTINCT process
DETACH DELETE process
RETURN count(*) AS forgotten;

// name: remove_steps
MATCH (step:Step)
WITH step LIMIT $limit
DETACH DELETE step
RETURN count(*) AS removed;

// name: remove_processes
MATCH (node:ProcessInstance|User)
WITH node LIMIT $limit
DETACH DELETE node
RETURN count(*) AS removed;

// name: digest_page
// One row for each process, all that hangs on it inside; read page by page in the order of the key's index.
MATCH (process:ProcessInstance)
WHERE process.id > $after
WITH process ORDER BY process.id LIMIT $limit
RETURN process.id AS id, properties(process) AS process,
  COLLECT { MATCH (process)-[:RUNS]->(version:JourneyVersion) RETURN version.key } AS runs,
  COLLECT {
    MATCH (process)-[:HAS_STEP]->(step:Step)
    RETURN {
      step: properties(step),
      of: COLLECT { MATCH (step)-[:OF]->(atom:Atom) RETURN atom.key },
      led_to: COLLECT { MATCH (step)-[:LED_TO]->(next:Step) RETURN next.key },
      people: COLLECT { MATCH (user:User)-[link:HOLDS|PERFORMED]->(step) RETURN type(link) + ' ' + user.id }
    }
  } AS steps,
  COLLECT {
    MATCH (process)-[short:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom:Atom)
    RETURN {type: type(short), atom: atom.key, short: properties(short)}
  } AS short_forms
ORDER BY id;

// name: count_steps
MATCH (step:Step)
RETURN count(step) AS steps
