// name: later_visits
// Of the processes that were reworked (R7): which visit each atom is at, where it is not the first.
UNWIND $ids AS id
MATCH (process:ProcessInstance {id: id})
WHERE process.reworks > 0
RETURN id, COLLECT {
  MATCH (process)-[:HAS_STEP]->(step:Step)
  WITH step.atom AS atom, max(step.visit) AS visit
  WHERE visit > 1
  RETURN {atom: atom, visit: visit}
} AS visits;

// name: steps_for_lists
// A task that ends without saying how its edges went was the work of such a step's element (R14), or is held (R9).
UNWIND $keys AS key
MATCH (step:Step {key: key})
WHERE step.elements IS NOT NULL
RETURN key;

// name: start_processes
// Gives how many of the versions they run are here: a process without its version would be no graph. A version that is
// only called by another stands empty until it is published. A task off the graph may have a process without a journey.
UNWIND $rows AS row
OPTIONAL MATCH (version:JourneyVersion {key: row.version})
WHERE version.journey IS NOT NULL
WITH row, version
WHERE version IS NOT NULL OR row.version IS NULL
CREATE (process:ProcessInstance {id: row.id})
SET process += row.facts
FOREACH (one IN CASE WHEN version IS NULL THEN [] ELSE [version] END | CREATE (process)-[:RUNS]->(one))
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
// Steps that are not here yet. Edges that leave the part a process was started at lead nowhere (R1). A later visit that
// no rework opened is that of a compensation (R13).
WITH [time IN $times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $rows AS row
MATCH (process:ProcessInstance {id: row.process})
MATCH (atom:Atom {key: process.journey + '@' + process.version + '/' + row.atom})
WHERE (row.own OR process.part IS NULL OR process.part IN [atom.phase, atom.module])
  AND NOT EXISTS { (:Step {key: row.key}) }
CALL (process, atom, row) {
  WITH process, atom, row
  WHERE row.visit > 1
  MATCH (process)-[old:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom)
  DELETE old
}
CREATE (process)-[:HAS_STEP]->(step:Step {
  key: row.key, process: row.process, atom: row.atom, visit: row.visit,
  ready_at: times[row.ready], started_at: times[row.started], ended_at: times[row.ended]
})-[:OF]->(atom)
CREATE (process)-[:$(row.short) {visit: row.visit, since: times[row.since]}]->(atom)
SET step += row.facts;

// name: await_steps
// A step that a rework opened again and an edge has led to: from now on it waits.
WITH [time IN $times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $rows AS row
MATCH (process:ProcessInstance)-[:HAS_STEP]->(step:Step {key: row.key})-[:OF]->(atom:Atom)
WHERE step.state = 'waiting' AND NOT EXISTS { (process)-[:PENDING]->(atom) }
CREATE (process)-[:PENDING {visit: step.visit, since: times[row.since]}]->(atom);

// name: lead_steps
UNWIND $rows AS row
MATCH (source:Step {key: row.from})
MATCH (target:Step {key: row.to})
CREATE (source)-[:LED_TO {on: row.on}]->(target);

// name: note_tasks
// Tasks off the graph (R18).
UNWIND $rows AS row
MATCH (process:ProcessInstance {id: row.process})
MERGE (task:Task {key: row.key})
MERGE (process)-[:HAS_TASK]->(task)
SET task += row.facts;

// name: note_incidents
// A row without a step is about an incident that is here already.
UNWIND $rows AS row
CALL (row) {
  WITH row
  WHERE row.step IS NOT NULL
  MATCH (step:Step {key: row.step})
  CREATE (step)-[:HAS_INCIDENT]->(:Incident {key: row.key})
}
MATCH (incident:Incident {key: row.key})
SET incident += row.facts;

// name: block_work
// The numbers of the tasks that are blocked; a step for a list has many.
UNWIND $rows AS row
MATCH (work:Step|Task {key: row.key})
WITH work, [task IN coalesce(work.blocked, []) WHERE NOT task IN row.free] + row.blocked AS blocked
SET work.blocked = CASE WHEN size(blocked) > 0 THEN blocked END;

// name: place_people
// Who holds an open task, or performed one that is done; a released or closed one nobody. When the work began may have
// been told in an earlier batch.
WITH [time IN $times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $rows AS row
MATCH (work:Step|Task {key: row.key})
CALL (work, row) {
  OPTIONAL MATCH (:User)-[held:HOLDS {task: row.task}]->(work)
  WITH collect(held) AS held, head(collect(held.began_at)) AS began_at
  FOREACH (one IN held | DELETE one)
  RETURN began_at
}
WITH work, row, times[row.ended] AS ended_at, CASE WHEN row.told THEN times[row.began] ELSE began_at END AS began_at
WHERE row.user IS NOT NULL
MERGE (user:User {id: row.user})
CREATE (user)-[link:$(row.link) {task: row.task, began_at: began_at}]->(work)
SET link.worked_seconds = duration.inSeconds(began_at, ended_at).milliseconds / 1000.0;

// name: measure_work
// What people worked on it, in all.
UNWIND $rows AS key
MATCH (work:Step|Task {key: key})
MATCH (:User)-[done:PERFORMED]->(work)
WHERE done.worked_seconds IS NOT NULL
WITH work, round(sum(done.worked_seconds), 3) AS seconds
SET work.worked_seconds = seconds;

// name: move_timers
// R12: durations run on with the time that was left when their process was suspended; dates stay dates.
UNWIND $rows AS row
MATCH (process:ProcessInstance {id: row.process})-[:HAS_STEP]->(step:Step {state: 'active'})
WHERE step.timeout_moves OR step.wakes_moves
WITH step, duration.inSeconds(process.suspended_at, row.at) AS stood
SET step.timeout_at = step.timeout_at + CASE WHEN step.timeout_moves THEN stood ELSE duration('PT0S') END,
  step.wakes_at = step.wakes_at + CASE WHEN step.wakes_moves THEN stood ELSE duration('PT0S') END;

// name: begin_processes
// R1: a process that waited for its time begins: what nothing leads to is ready.
UNWIND $rows AS row
MATCH (process:ProcessInstance {id: row.process})-[:RUNS]->(version:JourneyVersion)
MATCH (version)-[:CONTAINS*1..3]->(atom:Atom)
WHERE NOT atom.compensation AND (process.part IS NULL OR process.part IN [atom.phase, atom.module])
  AND NOT EXISTS {
    MATCH (source:Atom)-[edge:ENABLES]->(atom)
    WHERE NOT edge.rework AND (process.part IS NULL OR process.part IN [source.phase, source.module])
  }
CREATE (process)-[:HAS_STEP]->(:Step {
  key: process.id + '/' + atom.id + '/1', process: process.id, atom: atom.id, visit: 1, state: 'waiting', ready_at: row.at
})-[:OF]->(atom)
CREATE (process)-[:PENDING {visit: 1, since: row.at}]->(atom);

// name: adopt_children
// R15: children, and the steps they were started for.
UNWIND $rows AS row
MATCH (child:ProcessInstance {id: row.id})
MATCH (step:Step {key: row.step})
CREATE (child)-[link:CHILD_OF]->(step)
SET link.item_index = row.item_index;

// name: forget_processes
MATCH (process:ProcessInstance)
WHERE process.ended_at < $ended_before
WITH process ORDER BY process.ended_at LIMIT $limit
CALL (process) {
  MATCH (process)-[:HAS_STEP]->(:Step)-[:HAS_INCIDENT]->(incident:Incident)
  DETACH DELETE incident
}
CALL (process) {
  MATCH (process)-[:HAS_STEP|HAS_TASK]->(part)
  DETACH DELETE part
}
DETACH DELETE process
RETURN count(*) AS forgotten;

// name: remove_parts
MATCH (part:Step|Task|Incident)
WITH part LIMIT $limit
DETACH DELETE part
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
  COLLECT { MATCH (process)-[link:CHILD_OF]->(step:Step) RETURN {step: step.key, link: properties(link)} } AS child_of,
  COLLECT {
    MATCH (process)-[:HAS_STEP]->(step:Step)
    RETURN {
      step: properties(step),
      of: COLLECT { MATCH (step)-[:OF]->(atom:Atom) RETURN atom.key },
      led_to: COLLECT { MATCH (step)-[link:LED_TO]->(next:Step) RETURN {to: next.key, link: properties(link)} },
      incidents: COLLECT { MATCH (step)-[:HAS_INCIDENT]->(incident:Incident) RETURN properties(incident) },
      people: COLLECT {
        MATCH (user:User)-[link:HOLDS|PERFORMED]->(step) RETURN {user: user.id, type: type(link), link: properties(link)}
      }
    }
  } AS steps,
  COLLECT {
    MATCH (process)-[:HAS_TASK]->(task:Task)
    RETURN {
      task: properties(task),
      people: COLLECT {
        MATCH (user:User)-[link:HOLDS|PERFORMED]->(task) RETURN {user: user.id, type: type(link), link: properties(link)}
      }
    }
  } AS tasks,
  COLLECT {
    MATCH (process)-[short:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom:Atom)
    RETURN {type: type(short), atom: atom.key, short: properties(short)}
  } AS short_forms
ORDER BY id;

// name: count_parts
MATCH (part:Step|Task|Incident)
RETURN count(part) AS parts
