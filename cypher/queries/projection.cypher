// Rows come inside of one map, `$net`: a list that is a parameter of its own is planned anew for each size (0, 1, 10, 100,
// 1000 …), which costs more than the statement.

// name: start_processes
// Gives how many of the versions they run are here: a process without its version would be no graph. A version that is
// only called by another stands empty until it is published. A task off the graph may have a process without a journey.
UNWIND $net.rows AS row
OPTIONAL MATCH (version:JourneyVersion {key: row.version})
WHERE version.journey IS NOT NULL
WITH row, version
WHERE version IS NOT NULL OR row.version IS NULL
CREATE (process:ProcessInstance {id: row.id})
SET process += row.facts
FOREACH (one IN CASE WHEN version IS NULL THEN [] ELSE [version] END | CREATE (process)-[:RUNS]->(one))
RETURN count(*) AS started;

// name: write_steps
// What most events come to, in one statement that looks up each node once. Lists of what was found or made stand in the
// order of the rows, so that later rows refer to earlier ones by their place; null stands for what is not here, as all of
// a process that left the graph. The columns of `steps` and `people` are those of StepRow and PersonRow.
WITH [time IN $net.times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
CALL () {
  UNWIND $net.processes AS id
  OPTIONAL MATCH (process:ProcessInstance {id: id})
  RETURN collect({
    node: process, part: process.part, steps: id + '/', atoms: process.journey + '@' + process.version + '/'
  }) AS processes
}
CALL (processes) {
  UNWIND $net.changed AS row
  WITH processes[row[0]].node AS process, row[1] AS facts
  SET process += facts
}
CALL () {
  UNWIND $net.users AS id
  MERGE (user:User {id: id})
  RETURN collect(user) AS users
}
// Edges that leave the part a process was started at lead nowhere (R1).
CALL (times, processes) {
  UNWIND $net.steps AS row
  WITH times, row, processes[row[0]] AS of
  OPTIONAL MATCH (found:Step {key: of.steps + row[1] + '/' + row[2]})
  OPTIONAL MATCH (atom:Atom {key: CASE WHEN found IS NULL AND row[9] IS NOT NULL THEN of.atoms + row[1] END})
  WHERE row[10] OR of.part IS NULL OR of.part IN [atom.phase, atom.module]
  CALL (times, of, row, found, atom) {
    WITH times, row, atom, of.node AS process, of.steps + row[1] + '/' + row[2] AS key
    WHERE atom IS NOT NULL
    CREATE (process)-[:HAS_STEP]->(step:Step {
      key: key, process: process.id, atom: row[1], visit: row[2], state: coalesce(row[4], 'waiting'), exit: row[5],
      ready_at: times[row[6]], started_at: times[row[7]], ended_at: times[row[8]],
      sla_level: $net.levels[row[11]], sla_target_at: times[row[12]]
    })-[:OF]->(atom)
    CREATE (process)-[:$(coalesce(row[3], 'PENDING')) {visit: row[2], since: times[row[9]]}]->(atom)
    RETURN step
    UNION ALL
    WITH * WHERE atom IS NULL
    RETURN found AS step
  }
  RETURN collect({found: found, node: step}) AS steps
}
// Steps that were here already and changed their state: the short form is replaced. What is ready or active already is so
// since the first time. From the process, which has few such relationships: all that ever came to an atom hang on it.
CALL (times, processes, steps) {
  UNWIND $net.moved AS place
  WITH times, steps[place].found AS step, processes[$net.steps[place][0]].node AS process, $net.steps[place] AS row
  WHERE step IS NOT NULL
  MATCH (step)-[:OF]->(atom:Atom)
  OPTIONAL MATCH (process)-[old:PENDING|AT_STEP]->(at)
  WHERE at = atom
  DELETE old
  WITH process, step, atom, row, times[row[8]] AS ended_at, coalesce(times[row[6]], step.ready_at) AS ready_at,
    coalesce(step.started_at, times[row[7]]) AS started_at, coalesce(row[5], step.exit) AS exit
  CREATE (process)-[:$(row[3]) {visit: row[2], since: coalesce(ended_at, started_at)}]->(atom)
  SET step += {state: row[4], exit: exit, ready_at: ready_at, started_at: started_at, ended_at: ended_at}
  FOREACH (level IN CASE WHEN row[11] IS NULL THEN [] ELSE [$net.levels[row[11]]] END |
    SET step.sla_level = level, step.sla_target_at = times[row[12]])
}
CALL (steps) {
  UNWIND $net.noted AS row
  WITH steps[row[0]].node AS step, row[1] AS facts
  SET step += facts
}
CALL (steps) {
  UNWIND $net.led AS row
  WITH steps[row[0]].node AS source, steps[row[1]].node AS target, row[2] AS on
  WHERE source IS NOT NULL AND target IS NOT NULL
  CREATE (source)-[:LED_TO {on: on}]->(target)
}
// Who holds an open task, or performed one that is done; a released or closed one nobody. When the work began may have
// been told in an earlier batch. Who completed what another had, performed it `beside` them.
CALL (times, steps, users) {
  UNWIND $net.people AS row
  WITH times, row, steps[row[0]].node AS step, users[row[3]] AS user
  WHERE step IS NOT NULL
  OPTIONAL MATCH (:User)-[held:HOLDS {task: row[1]}]->(step)
  WITH times, row, step, user, held, CASE WHEN row[4] THEN times[row[5]] ELSE held.began_at END AS began_at
  DELETE held
  WITH step, user, row, began_at, duration.inSeconds(began_at, times[row[6]]).milliseconds / 1000.0 AS seconds
  WHERE user IS NOT NULL
  CREATE (user)-[:$(row[2]) {task: row[1], began_at: began_at, worked_seconds: seconds, beside: row[7]}]->(step)
  WITH step, seconds
  WHERE seconds IS NOT NULL
  SET step.worked_seconds = round(coalesce(step.worked_seconds, 0) + seconds, 3)
};

// name: replace_visits
// A later visit that no rework opened is that of a compensation (R13): the short form of the one before goes.
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})
WHERE NOT EXISTS { (:Step {key: row.key}) }
MATCH (atom:Atom {key: process.journey + '@' + process.version + '/' + row.atom})
MATCH (process)-[old:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom)
DELETE old;

// name: await_steps
// A step that a rework opened again and an edge has led to: from now on it waits.
WITH [time IN $net.times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $net.rows AS row
MATCH (process:ProcessInstance)-[:HAS_STEP]->(step:Step {key: row.key})-[:OF]->(atom:Atom)
WHERE step.state = 'waiting' AND NOT EXISTS { (process)-[:PENDING]->(atom) }
CREATE (process)-[:PENDING {visit: step.visit, since: times[row.since]}]->(atom);

// name: note_tasks
// Tasks off the graph (R18).
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})
MERGE (task:Task {key: row.key})
MERGE (process)-[:HAS_TASK]->(task)
SET task += row.facts;

// name: note_incidents
// A row without a step is about an incident that is here already.
UNWIND $net.rows AS row
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
UNWIND $net.rows AS row
MATCH (work:Step|Task {key: row.key})
WITH work, [task IN coalesce(work.blocked, []) WHERE NOT task IN row.free] + row.blocked AS blocked
SET work.blocked = CASE WHEN size(blocked) > 0 THEN blocked END;

// name: note_documents
// Of each document of a case how its newest version stands; one that never came has no relationship.
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})
MATCH (document:Document {key: process.journey + '@' + process.version + '/' + row.document})
MERGE (process)-[has:HAS_DOCUMENT]->(document)
SET has = row.facts;

// name: note_timed
// The clock of a phase or module that a process came to in an earlier batch: the last that began, which is not over.
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})-[timed:TIMED]->(part:Phase|Module)
WHERE part.id = row.part AND timed.ended_at IS NULL
SET timed += row.facts;

// name: begin_timed
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})
MATCH (part:Phase|Module {key: process.journey + '@' + process.version + '/' + row.part})
CREATE (process)-[timed:TIMED {watch: row.watch}]->(part)
SET timed += row.facts;

// name: place_hands
// As the people of `write_steps`, of tasks off the graph.
WITH [time IN $net.times | datetime({epochSeconds: time / 1000000, nanosecond: time % 1000000 * 1000})] AS times
UNWIND $net.rows AS row
MATCH (task:Task {key: row[0]})
OPTIONAL MATCH (:User)-[held:HOLDS {task: row[1]}]->(task)
WITH times, row, task, held, CASE WHEN row[4] THEN times[row[5]] ELSE held.began_at END AS began_at
DELETE held
WITH task, row, began_at, duration.inSeconds(began_at, times[row[6]]).milliseconds / 1000.0 AS seconds
WHERE row[3] IS NOT NULL
MERGE (user:User {id: $net.users[row[3]]})
CREATE (user)-[:$(row[2]) {task: row[1], began_at: began_at, worked_seconds: seconds}]->(task)
WITH task, seconds
WHERE seconds IS NOT NULL
SET task.worked_seconds = round(seconds, 3);

// name: move_timers
// R12: durations run on with the time that was left when their process was suspended; dates stay dates.
UNWIND $net.rows AS row
MATCH (process:ProcessInstance {id: row.process})-[:HAS_STEP]->(step:Step {state: 'active'})
WHERE step.timeout_moves OR step.wakes_moves
WITH step, duration.inSeconds(process.suspended_at, row.at) AS stood
SET step.timeout_at = step.timeout_at + CASE WHEN step.timeout_moves THEN stood ELSE duration('PT0S') END,
  step.wakes_at = step.wakes_at + CASE WHEN step.wakes_moves THEN stood ELSE duration('PT0S') END;

// name: begin_processes
// R1: a process that waited for its time begins: what nothing leads to is ready.
UNWIND $net.rows AS row
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
UNWIND $net.rows AS row
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

// name: remove_short_forms
// Before the processes: one of a thousand atoms has as many of them, and a transaction holds what it removes in memory.
MATCH (:ProcessInstance)-[short:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(:Atom)
WITH short LIMIT $limit
DELETE short
RETURN count(*) AS removed;

// name: remove_processes
// Users whom the organisation knows stay: they have a fingerprint.
MATCH (node:ProcessInstance|User)
WHERE node.fingerprint IS NULL
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
    MATCH (process)-[has:HAS_DOCUMENT]->(document:Document) RETURN {document: document.key, has: properties(has)}
  } AS documents,
  COLLECT {
    MATCH (process)-[timed:TIMED]->(part:Phase|Module) RETURN {part: part.key, timed: properties(timed)}
  } AS timed,
  COLLECT {
    MATCH (process)-[short:PENDING|AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(atom:Atom)
    RETURN {type: type(short), atom: atom.key, short: properties(short)}
  } AS short_forms
ORDER BY id;

// name: count_parts
MATCH (part:Step|Task|Incident)
RETURN count(part) AS parts
