// question: What starts, and what is skipped, when a step exits over these edges?
// param: process text — the process, as the graph shows it before the exit
// param: atom text — the atom whose step exits
// param: taken list — the targets of the edges that are taken, ["atom-a", "atom-b"]
// param: exit text done — how the step exits: done, error or timeout
// param: limit integer 1000 — how many rows
// column: atom — the atom's id
// column: name — its name
// column: kind — its kind
// column: role — the role that performs it, if it is for people
// column: becomes — active, or skipped as no path leads to it any more
//
// One moment of the contract (R6): the exit, the dead paths it causes (R5), and what may start then (R3, R4), in file
// order. Decisions and milestones that start are exits of their own and are not followed. Atoms are looked at in the
// order of `rank`, in which all that an atom waits for comes before it, so one pass settles every dead path.
MATCH (process:ProcessInstance {id: $process, status: 'running'})-[:RUNS]->(version:JourneyVersion)
WHERE NOT EXISTS { (version)-[:CONTAINS*1..3]->(:Atom {id: $atom, terminate: true}) }
CALL (process) {
  MATCH (process)-[:HAS_STEP]->(step:Step)-[:OF]->(done:Atom)
  WITH done, step ORDER BY step.visit DESC
  WITH done, head(collect(step)) AS step
  RETURN collect({
    atom: done.id,
    state: step.state,
    exit: step.exit,
    gone: step.state IN ['completed', 'failed', 'skipped', 'cancelled'],
    led: CASE WHEN step.held IS NULL THEN COLLECT { MATCH (step)-[:LED_TO]->(to:Step) RETURN to.atom } END
  }) AS steps
}
WITH process, version,
  [step IN steps WHERE step.gone AND step.atom <> $atom]
    + {atom: $atom, state: CASE $exit WHEN 'done' THEN 'completed' ELSE 'failed' END, exit: $exit, led: $taken} AS gone,
  [step IN steps WHERE step.gone OR step.state = 'active' | step.atom] + $atom AS settled
MATCH (version)-[:CONTAINS*1..3]->(next:Atom)
WHERE NOT next.id IN settled AND (process.part IS NULL OR process.part IN [next.phase, next.module])
// What each edge into the atom came to: true, false, or null while it is pending.
WITH gone, next, COLLECT {
  MATCH (source:Atom)-[edge:ENABLES]->(next)
  WHERE NOT edge.rework AND (process.part IS NULL OR process.part IN [source.phase, source.module])
  WITH source, edge, head([step IN gone WHERE step.atom = source.id]) AS step
  RETURN {
    source: source.id,
    taken: CASE WHEN step.led IS NOT NULL THEN coalesce(edge.on = step.exit, false) AND next.id IN step.led END
  }
} AS edges, COLLECT {
  MATCH (next)-[dependency:DEPENDS_ON]->(before:Atom)
  WHERE process.part IS NULL OR process.part IN [before.phase, before.module]
  RETURN {
    target: before.id,
    strict: dependency.require = 'completed',
    state: head([step IN gone WHERE step.atom = before.id]).state
  }
} AS needs
ORDER BY next.rank
WITH collect({
  atom: next,
  all: next.join = 'all',
  needed: CASE
    WHEN size(edges) = 0 THEN 0
    WHEN next.join <> 'count' THEN 1
    WHEN next.join_count < size(edges) THEN next.join_count
    ELSE size(edges)
  END,
  taken: size([edge IN edges WHERE edge.taken]),
  open: [edge IN edges WHERE edge.taken IS NULL | edge.source],
  failed: any(need IN needs WHERE need.strict AND need.state <> 'completed'),
  strict: [need IN needs WHERE need.strict | need.target],
  waits: [need IN needs WHERE need.state IS NULL | need.target]
}) AS candidates
WITH reduce(found = {skipped: [], active: []}, one IN candidates |
  CASE
    WHEN one.taken + size([source IN one.open WHERE NOT source IN found.skipped]) < one.needed
      OR one.taken >= one.needed
        AND (NOT one.all OR all(source IN one.open WHERE source IN found.skipped))
        AND (one.failed OR any(target IN one.strict WHERE target IN found.skipped))
    THEN {skipped: found.skipped + one.atom.id, active: found.active}
    WHEN one.taken >= one.needed
      AND (NOT one.all OR all(source IN one.open WHERE source IN found.skipped))
      AND all(target IN one.waits WHERE target IN found.skipped)
    THEN {skipped: found.skipped, active: found.active + one.atom.id}
    ELSE found
  END) AS found, [one IN candidates | one.atom] AS atoms
UNWIND atoms AS next
WITH next, CASE WHEN next.id IN found.active THEN 'active' WHEN next.id IN found.skipped THEN 'skipped' END AS becomes
WHERE becomes IS NOT NULL
RETURN next.id AS atom, next.name AS name, next.kind AS kind, next.role AS role, becomes
ORDER BY next.index
LIMIT $limit
