// question: Where are service levels missed most, how late, and was that time spent waiting or working?
// param: journey text null — only this journey
// param: by text atom — atom, role or team: by what tasks are put together; all else is only there by atom
// param: since time null — only what ended after this time, or has not ended
// param: sample integer 5000 — how many steps of an atom are looked at, the newest ones
// param: limit integer 25 — how many rows
// column: kind — task, step (of a subjourney), module, phase or process
// column: journey — the journey's key
// column: name — the id of the atom, module or phase, of the role, or of the team of who performed the work or has it; null
//   for processes, and for work of no such role or team
// column: decided — how many were met or missed
// column: breached — how many of them were missed
// column: share — that is which part of them
// column: open — how many that were missed are not done yet
// column: late_p50_seconds — half of what was missed and is done was at most so late
// column: late_p95_seconds — 95 of 100 were
// column: waiting — of the time that missed tasks took which part nobody worked on them; of those whose work was said to be
//   begun
// Work for a list counts once. What was given up counts only where it was missed before.
CALL () {
  MATCH (version:JourneyVersion)-[:CONTAINS*1..3]->(atom:Atom)
  WHERE atom.kind IN ['human', 'subjourney'] AND ($journey IS NULL OR version.journey = $journey)
  CALL (atom) {
    MATCH (atom)<-[:OF]-(step:Step)
    RETURN step LIMIT $sample
  }
  WITH version, atom, step
  WHERE step.sla_level IS NOT NULL AND ($by = 'atom' OR atom.kind = 'human')
  WITH version, atom, step, CASE $by
      WHEN 'role' THEN [atom.role]
      WHEN 'team' THEN COLLECT {
        MATCH (step)<-[:PERFORMED|HOLDS]-(:User)-[:MEMBER_OF]->(team:Team) RETURN DISTINCT team.id
      }
      ELSE [atom.id]
    END AS names
  UNWIND CASE WHEN size(names) > 0 THEN names ELSE [null] END AS name
  RETURN CASE atom.kind WHEN 'human' THEN 'task' ELSE 'step' END AS kind, version.journey AS journey, name,
    step.started_at AS began_at, step.ended_at AS ended_at, step.state = 'completed' AS done,
    step.breached_at AS breached_at, step.worked_seconds AS worked
  UNION ALL
  MATCH (process:ProcessInstance)-[timed:TIMED]->(part:Phase|Module)
  WHERE $by = 'atom' AND ($journey IS NULL OR process.journey = $journey)
  RETURN toLower(labels(part)[0]) AS kind, process.journey AS journey, part.id AS name, timed.since AS began_at,
    coalesce(timed.ended_at, process.ended_at) AS ended_at, timed.met = true AS done, timed.breached_at AS breached_at,
    null AS worked
  UNION ALL
  MATCH (process:ProcessInstance)
  WHERE $by = 'atom' AND process.sla_level IS NOT NULL AND ($journey IS NULL OR process.journey = $journey)
  RETURN 'process' AS kind, process.journey AS journey, null AS name, process.started_at AS began_at,
    process.ended_at AS ended_at, process.status = 'completed' AS done, process.breached_at AS breached_at, null AS worked
}
WITH * WHERE (done OR breached_at IS NOT NULL) AND ($since IS NULL OR ended_at IS NULL OR ended_at > datetime($since))
WITH kind, journey, name, breached_at, breached_at IS NOT NULL AND ended_at IS NULL AS open,
  duration.inSeconds(breached_at, ended_at).milliseconds / 1000.0 AS late,
  CASE WHEN breached_at IS NOT NULL AND worked IS NOT NULL
    THEN duration.inSeconds(began_at, ended_at).milliseconds / 1000.0 END AS took, worked
WITH kind, journey, name, count(*) AS decided, count(breached_at) AS breached,
  sum(CASE WHEN open THEN 1 ELSE 0 END) AS open, percentileCont(late, 0.5) AS p50, percentileCont(late, 0.95) AS p95,
  sum(took) AS took, sum(CASE WHEN took < worked THEN took WHEN took IS NOT NULL THEN worked END) AS worked
RETURN kind, journey, name, decided, breached, round(toFloat(breached) / decided, 3) AS share, open,
  round(p50, 3) AS late_p50_seconds, round(p95, 3) AS late_p95_seconds,
  CASE WHEN took > 0 THEN round((took - worked) / took, 3) END AS waiting
ORDER BY breached DESC, share DESC, kind, journey, name
LIMIT $limit
