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
// What lies behind an atom is gathered in the order of `rank`, in one pass: a path search over ENABLES and, the other
// way round, DEPENDS_ON would walk every path.
MATCH (version:JourneyVersion) WHERE $journey IS NULL OR version.journey = $journey
CALL (version) {
  MATCH (version)-[:CONTAINS*1..3]->(next:Atom)
  WITH next, COLLECT { MATCH (source:Atom)-[link:ENABLES]->(next) WHERE NOT link.rework RETURN source.id } AS sources,
    COLLECT { MATCH (next)-[:DEPENDS_ON]->(needed:Atom) RETURN needed.id } AS needs
  ORDER BY next.rank
  RETURN collect({id: next.id, parts: [next.phase, next.module], after: sources + needs}) AS ordered
}
MATCH (version)-[:CONTAINS*1..3]->(atom:Atom)
WHERE atom.kind IN ['human', 'system']
CALL (atom) {
  MATCH (:ProcessInstance)-[at:AT_STEP]->(atom)
  RETURN count(at) AS waiting, min(at.since) AS oldest_at
}
CALL (atom) {
  MATCH (atom)<-[:OF]-(step:Step {state: 'completed'})
  WITH step LIMIT $sample
  RETURN collect(duration.inSeconds(step.started_at, step.ended_at).milliseconds / 1000.0) AS seconds
}
CALL (atom, waiting, ordered) {
  WITH atom, ordered WHERE waiting > 0
  WITH atom, ordered, reduce(found = [atom.id], next IN ordered |
    CASE WHEN any(one IN next.after WHERE one IN found) THEN found + next.id ELSE found END) AS reached
  WITH atom, [next IN ordered WHERE next.id <> atom.id AND next.id IN reached] AS behind
  MATCH (process:ProcessInstance)-[:AT_STEP]->(atom)
  WITH process, behind, COLLECT {
    MATCH (process)-[:AT_STEP|COMPLETED|FAILED|SKIPPED|CANCELLED]->(past:Atom) RETURN past.id
  } AS seen
  RETURN sum(size([next IN behind
    WHERE NOT next.id IN seen AND (process.part IS NULL OR process.part IN next.parts)])) AS blocked
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
