// question: Where does work wait, how long does it usually take there, and how much is blocked behind it?
// param: journey text null — only this journey
// param: sample integer 5000 — how many finished steps of an atom the percentiles look at, the newest ones
// param: limit integer 25 — how many rows
// column: journey — the journey's key
// column: atom — the atom's id
// column: name — its name
// column: role — the role that performs it; null for work that is done by workers
// column: waiting — how many of its steps are active now
// column: oldest_at — since when the oldest of them is
// column: p50_seconds — half of its finished steps took at most so long, from start to end
// column: p95_seconds — 95 of 100 did
// column: blocked_downstream — how many steps the waiting cases have yet to take behind it
MATCH (version:JourneyVersion)-[:CONTAINS*1..3]->(atom:Atom)
WHERE atom.kind IN ['human', 'system'] AND ($journey IS NULL OR version.journey = $journey)
CALL (atom) {
  MATCH (:ProcessInstance)-[at:AT_STEP]->(atom)
  RETURN count(at) AS waiting, min(at.since) AS oldest_at
}
CALL (atom) {
  MATCH (atom)<-[:OF]-(step:Step {state: 'completed'})
  WITH step LIMIT $sample
  RETURN collect(duration.inSeconds(step.started_at, step.ended_at).milliseconds / 1000.0) AS seconds
}
CALL (atom, waiting) {
  WITH atom, waiting WHERE waiting > 0
  MATCH ANY SHORTEST (atom)
    ((from:Atom)-[link:ENABLES|DEPENDS_ON]-(to:Atom)
      WHERE type(link) = 'ENABLES' AND startNode(link) = from AND NOT link.rework
        OR type(link) = 'DEPENDS_ON' AND endNode(link) = from)+
    (behind:Atom)
  WITH DISTINCT atom, behind
  MATCH (process:ProcessInstance)-[:AT_STEP]->(atom)
  WHERE (process.part IS NULL OR process.part IN [behind.phase, behind.module])
    AND NOT EXISTS { (process)-[:AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(behind) }
  RETURN count(*) AS blocked
}
WITH version.journey AS journey, atom.id AS atom, collect({name: atom.name, role: atom.role}) AS versions,
  sum(waiting) AS waiting, min(oldest_at) AS oldest_at, sum(blocked) AS blocked_downstream, collect(seconds) AS sampled
CALL (sampled) {
  UNWIND sampled AS seconds
  UNWIND seconds AS second
  RETURN percentileCont(second, 0.5) AS p50_seconds, percentileCont(second, 0.95) AS p95_seconds
}
WITH * WHERE waiting > 0 OR p50_seconds IS NOT NULL
RETURN journey, atom, head(versions).name AS name, head(versions).role AS role, waiting, oldest_at,
  round(p50_seconds, 3) AS p50_seconds, round(p95_seconds, 3) AS p95_seconds, blocked_downstream
ORDER BY waiting DESC, blocked_downstream DESC, p95_seconds DESC, journey, atom
LIMIT $limit
