// question: What will miss its service level next, who has it, and has anybody begun?
// param: journey text null — only this journey
// param: within integer 3600 — only what has at most so many seconds left
// param: at time null — as if it were this time; now where it is not said
// param: limit integer 100 — how many rows
// column: kind — task, step (of a subjourney), module, phase or process
// column: process — the process's id
// column: business_key — the case's own number
// column: journey — the journey's key; null for a task that belongs to no case
// column: name — the id of the atom, module or phase; null for processes, and for tasks off the graph
// column: role — of a task the role that performs it
// column: people — who has it
// column: begun — whether one of them said that the work has begun
// column: since — since when it is open
// column: target_at — when it will be missed
// column: seconds_left — how long that is
// column: at_risk_at — since when it is at risk; null where it is not yet
// What stands still has no such time, and what an incident holds has nobody to do it. What was missed is not there:
// `breaches` counts that.
WITH coalesce(datetime($at), datetime()) AS at
WITH at, at + duration({seconds: $within}) AS until
CALL (at, until) {
  MATCH (process:ProcessInstance)-[open:AT_STEP]->(atom:Atom)
  WHERE atom.kind IN ['human', 'subjourney']
  MATCH (process)-[:HAS_STEP]->(step:Step {atom: atom.id, state: 'active'})
  WHERE step.held IS NULL AND at < step.sla_target_at <= until
  RETURN CASE atom.kind WHEN 'human' THEN 'task' ELSE 'step' END AS kind, process, atom.id AS name, atom.role AS role,
    step AS work, open.since AS since, step.sla_target_at AS target_at, step.at_risk_at AS at_risk_at
  UNION ALL
  MATCH (process:ProcessInstance)-[:HAS_TASK]->(task:Task {state: 'open'})
  WHERE at < task.sla_target_at <= until
  RETURN 'task' AS kind, process, null AS name, task.role AS role, task AS work, task.created_at AS since,
    task.sla_target_at AS target_at, task.at_risk_at AS at_risk_at
  UNION ALL
  MATCH (process:ProcessInstance)-[timed:TIMED]->(part:Phase|Module)
  WHERE timed.ended_at IS NULL AND process.ended_at IS NULL AND at < timed.sla_target_at <= until
  RETURN toLower(labels(part)[0]) AS kind, process, part.id AS name, null AS role, null AS work, timed.since AS since,
    timed.sla_target_at AS target_at, timed.at_risk_at AS at_risk_at
  UNION ALL
  MATCH (process:ProcessInstance)
  WHERE process.ended_at IS NULL AND at < process.sla_target_at <= until
  RETURN 'process' AS kind, process, null AS name, null AS role, null AS work, process.started_at AS since,
    process.sla_target_at AS target_at, process.at_risk_at AS at_risk_at
}
WITH * WHERE $journey IS NULL OR process.journey = $journey
WITH * ORDER BY target_at, process.id, kind, name LIMIT $limit
CALL (work) {
  OPTIONAL MATCH (user:User)-[holds:HOLDS]->(work)
  WITH user, holds ORDER BY user.id
  RETURN collect(DISTINCT user.id) AS people, count(holds.began_at) > 0 AS begun
}
RETURN kind, process.id AS process, process.business_key AS business_key, process.journey AS journey, name, role, people,
  begun, since, target_at, duration.inSeconds(at, target_at).milliseconds / 1000 AS seconds_left, at_risk_at
ORDER BY target_at, process, kind, name
