// question: What holds the cases that are under way, since when, and how much is behind it?
// param: journey text null — only this journey
// param: kind text null — only task, timer, message, child, incident or suspension
// param: limit integer 100 — how many rows
// column: kind — task, timer, message, child, incident or suspension
// column: journey — the journey's key; null for tasks that belong to no case
// column: atom — the atom's id; null for what holds a whole case, and for tasks off the graph
// column: name — its name
// column: who — of a task its role, or the action that a worker does; of a timer timeout, wait or start; the message's
//   name; the version a child runs; the incident's code
// column: cases — how many cases it holds
// column: open — how many such things are open
// column: oldest_at — since when the oldest of them is
// column: due_at — of timers, when the first of them is due
// column: behind — how many steps these cases have yet to take behind it
//
// The same question as `explain` asks of one process. A suspended case is held by its suspension alone; an optional task
// off the graph holds nothing.
CALL () {
  MATCH (incident:Incident {open: true})<-[:HAS_INCIDENT]-(step:Step)<-[:HAS_STEP]-(process:ProcessInstance)
  WHERE process.suspended_at IS NULL
  MATCH (step)-[:OF]->(atom:Atom)
  RETURN process, atom, 'incident' AS sort, incident.code AS who, incident.raised_at AS since, null AS due_at
  UNION ALL
  MATCH (process:ProcessInstance)-[at:AT_STEP]->(atom:Atom)
  WHERE process.suspended_at IS NULL
  MATCH (process)-[:HAS_STEP]->(step:Step {state: 'active'})-[:OF]->(atom)
  UNWIND [
    CASE
      WHEN step.held IS NOT NULL THEN null
      WHEN atom.kind IN ['human', 'system'] THEN {sort: 'task', who: coalesce(atom.role, atom.action)}
      WHEN step.message IS NOT NULL THEN {sort: 'message', who: step.message}
    END,
    CASE WHEN step.timeout_at IS NOT NULL THEN {sort: 'timer', who: 'timeout', due_at: step.timeout_at} END,
    CASE WHEN step.wakes_at IS NOT NULL THEN {sort: 'timer', who: 'wait', due_at: step.wakes_at} END
  ] AS hold
  WITH process, atom, at, hold
  WHERE hold IS NOT NULL
  RETURN process, atom, hold.sort AS sort, hold.who AS who, at.since AS since, hold.due_at AS due_at
  UNION ALL
  // Whatever the step's state: a case that is cancelled waits for its children to compensate (R13).
  MATCH (child:ProcessInstance)-[:CHILD_OF]->(step:Step)<-[:HAS_STEP]-(process:ProcessInstance)
  WHERE child.ended_at IS NULL AND process.ended_at IS NULL AND process.suspended_at IS NULL
  MATCH (step)-[:OF]->(atom:Atom)
  RETURN process, atom, 'child' AS sort, child.journey + '@' + child.version AS who, child.started_at AS since,
    null AS due_at
  UNION ALL
  MATCH (process:ProcessInstance)-[:HAS_TASK]->(task:Task {state: 'open'})
  WHERE NOT task.optional AND process.suspended_at IS NULL
  RETURN process, null AS atom, 'task' AS sort, task.role AS who, task.created_at AS since, null AS due_at
  UNION ALL
  MATCH (process:ProcessInstance)
  WHERE process.suspended_at IS NOT NULL
  RETURN process, null AS atom, 'suspension' AS sort, null AS who, process.suspended_at AS since, null AS due_at
  UNION ALL
  MATCH (process:ProcessInstance)
  WHERE process.not_before IS NOT NULL
  RETURN process, null AS atom, 'timer' AS sort, 'start' AS who, process.started_at AS since, process.not_before AS due_at
}
WITH * WHERE ($kind IS NULL OR sort = $kind) AND ($journey IS NULL OR process.journey = $journey)
OPTIONAL MATCH (process)-[:RUNS]->(version:JourneyVersion)
WITH version, atom, sort, who, collect(DISTINCT process) AS cases, count(*) AS open, min(since) AS oldest_at,
  min(due_at) AS due_at
WITH version, collect({
  atom: atom, sort: sort, who: who, cases: cases, open: open, oldest_at: oldest_at, due_at: due_at
}) AS holds
// What lies behind an atom is gathered in the order of `rank`, in one pass.
CALL (version) {
  MATCH (version)-[:CONTAINS*1..3]->(next:Atom)
  WHERE NOT next.compensation
  WITH next, COLLECT { MATCH (source:Atom)-[link:ENABLES]->(next) WHERE NOT link.rework RETURN source.id }
    + COLLECT { MATCH (next)-[:DEPENDS_ON]->(needed:Atom) RETURN needed.id } AS after
  ORDER BY next.rank
  RETURN collect({id: next.id, parts: [next.phase, next.module], after: after}) AS ordered
}
UNWIND holds AS hold
WITH version, hold, ordered, CASE
    WHEN hold.atom IS NOT NULL THEN reduce(found = [hold.atom.id], next IN ordered |
      CASE WHEN any(one IN next.after WHERE one IN found) THEN found + next.id ELSE found END)[1..]
    WHEN hold.sort <> 'task' THEN [next IN ordered | next.id]
    ELSE []
  END AS reached
CALL (hold, ordered, reached) {
  UNWIND hold.cases AS process
  WITH process, ordered, reached, COLLECT {
    MATCH (process)-[:AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(past:Atom) RETURN past.id
  } AS seen
  RETURN sum(size([next IN ordered WHERE next.id IN reached AND NOT next.id IN seen
    AND (process.part IS NULL OR process.part IN next.parts)])) AS behind
}
WITH version.journey AS journey, hold.sort AS kind, hold.atom.id AS atom, hold.who AS who,
  head(collect(hold.atom.name)) AS name, sum(size(hold.cases)) AS cases, sum(hold.open) AS open,
  min(hold.oldest_at) AS oldest_at, min(hold.due_at) AS due_at, sum(behind) AS behind
RETURN kind, journey, atom, name, who, cases, open, oldest_at, due_at, behind
ORDER BY kind = 'incident' DESC, cases DESC, behind DESC, oldest_at, journey, atom, who
LIMIT $limit
