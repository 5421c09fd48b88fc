// question: What starts, and what is skipped, when a step exits over these edges?
// param: process text — the process, as the graph shows it before the exit
// param: atom text — the atom whose step exits
// param: taken list null — the targets of the edges that are taken, ["atom-a", "atom-b"]; null while an incident holds
//   the step after its exit
// param: exit text done — how the step exits: done, error or timeout; or skipped, by hand, over edges of any exit
// param: limit integer 1000 — how many rows
// column: atom — the atom's id
// column: name — its name
// column: kind — its kind
// column: role — the role that performs it, if it is for people
// column: becomes — active, or skipped as no path leads to it any more
//
// One moment of the contract (R6): the exit, the rework it leads back to (R7), the dead paths it causes (R5), and what may
// start then (R3, R4), in file order. Decisions and milestones that start are exits of their own and are not followed.
// Atoms are looked at in the order of `rank`, in which all that an atom waits for comes before it, so one pass gathers
// the region of a rework, and one settles every dead path.
MATCH (process:ProcessInstance {id: $process, status: 'running'})-[:RUNS]->(version:JourneyVersion)
WHERE process.compensating IS NULL
  AND NOT EXISTS { (version)-[:CONTAINS*1..3]->(:Atom {id: $atom, terminate: true}) }
WITH process, version, head(COLLECT {
  MATCH (version)-[:CONTAINS*1..3]->(:Atom {id: $atom})-[:ENABLES {rework: true, on: $exit}]->(target:Atom)
  WHERE target.id IN $taken
  RETURN target.id
}) AS back
CALL (process, version, back) {
  MATCH (version)-[:CONTAINS*1..3]->(next:Atom)
  WHERE back IS NOT NULL AND (process.part IS NULL OR process.part IN [next.phase, next.module])
  WITH back, next, COLLECT { MATCH (source:Atom)-[link:ENABLES]->(next) WHERE NOT link.rework RETURN source.id }
    + COLLECT { MATCH (next)-[:DEPENDS_ON]->(needed:Atom) RETURN needed.id } AS after
  ORDER BY next.rank
  WITH back, collect({id: next.id, after: after}) AS ordered
  RETURN head(collect(reduce(found = [back], next IN ordered |
    CASE WHEN any(one IN next.after WHERE one IN found) THEN found + next.id ELSE found END))) AS region
}
WITH process, version, coalesce(region, []) AS region
CALL (process) {
  MATCH (process)-[:HAS_STEP]->(step:Step)-[:OF]->(done:Atom)
  WITH done, step ORDER BY step.visit DESC
  WITH done, head(collect(step)) AS step
  RETURN collect({
    atom: done.id,
    state: step.state,
    gone: step.state IN ['completed', 'failed', 'skipped', 'cancelled'],
    ready: step.state = 'waiting' AND step.ready_at IS NOT NULL,
    gates: coalesce(step.gates, []),
    led: CASE WHEN step.held IS NULL THEN COLLECT {
      MATCH (step)-[led:LED_TO]->(to:Step) WHERE led.rework IS NULL RETURN {to: to.atom, on: led.on}
    } END
  }) AS steps
}
// Of the region only the atom that the rework leads back to is anything: ready, whatever its join.
WITH process, version, region, [step IN steps WHERE step.atom <> $atom AND NOT step.atom IN region]
  + CASE
    WHEN size(region) = 0 THEN [{
      atom: $atom, gone: true, ready: false, gates: [],
      // A step that was held after its exit keeps its state.
      state: coalesce(
        head([step IN steps WHERE step.atom = $atom AND step.gone]).state,
        CASE $exit WHEN 'done' THEN 'completed' WHEN 'skipped' THEN 'skipped' ELSE 'failed' END),
      led: [target IN $taken | {to: target, on: CASE WHEN $exit <> 'skipped' THEN $exit END}]
    }]
    ELSE [{atom: region[0], gone: false, ready: true, gates: [], state: 'waiting', led: null}]
  END AS steps
WITH process, version, region, steps, [step IN steps WHERE step.gone] AS gone,
  [step IN steps WHERE step.gone OR step.state = 'active' | step.atom] AS settled
MATCH (version)-[:CONTAINS*1..3]->(next:Atom)
WHERE NOT next.compensation AND NOT next.id IN settled
  AND (process.part IS NULL OR process.part IN [next.phase, next.module])
WITH process, gone, next, head([step IN steps WHERE step.atom = next.id]) AS step, next.id IN region AS again, region
// What each edge into the atom came to: true, false, or null while it is pending.
WITH gone, next, coalesce(step.ready, false) AS ready, COLLECT {
  MATCH (source:Atom)-[edge:ENABLES]->(next)
  WHERE NOT edge.rework AND (process.part IS NULL OR process.part IN [source.phase, source.module])
  WITH source, edge, head([one IN gone WHERE one.atom = source.id]) AS from
  RETURN {
    source: source.id,
    gate: source.id IN CASE WHEN again THEN region ELSE coalesce(step.gates, []) END,
    taken: CASE WHEN from.led IS NOT NULL
      THEN any(one IN from.led WHERE one.to = next.id AND coalesce(one.on, edge.on) = edge.on)
    END
  }
} AS edges, COLLECT {
  MATCH (next)-[dependency:DEPENDS_ON]->(before:Atom)
  WHERE process.part IS NULL OR process.part IN [before.phase, before.module]
  RETURN {
    target: before.id,
    strict: dependency.require = 'completed',
    state: head([one IN gone WHERE one.atom = before.id]).state
  }
} AS needs
ORDER BY next.rank
WITH collect({
  atom: next,
  ready: ready OR size(edges) = 0,
  all: next.join = 'all',
  needed: CASE
    WHEN next.join <> 'count' THEN 1
    WHEN next.join_count < size(edges) THEN next.join_count
    ELSE size(edges)
  END,
  taken: size([edge IN edges WHERE edge.taken]),
  open: [edge IN edges WHERE edge.taken IS NULL | edge.source],
  // R7: a member waits until an edge from a member is taken, or all of them are resolved.
  gates: CASE WHEN any(edge IN edges WHERE edge.gate AND edge.taken) THEN []
    ELSE [edge IN edges WHERE edge.gate AND edge.taken IS NULL | edge.source] END,
  failed: any(need IN needs WHERE need.strict AND need.state <> 'completed'),
  strict: [need IN needs WHERE need.strict | need.target],
  waits: [need IN needs WHERE need.state IS NULL | need.target]
}) AS candidates
WITH reduce(found = {skipped: [], active: []}, one IN candidates |
  CASE
    WHEN NOT one.ready AND NOT all(source IN one.gates WHERE source IN found.skipped) THEN found
    WHEN NOT one.ready AND one.taken + size([source IN one.open WHERE NOT source IN found.skipped]) < one.needed
      OR (one.ready
          OR one.taken >= one.needed AND (NOT one.all OR all(source IN one.open WHERE source IN found.skipped)))
        AND (one.failed OR any(target IN one.strict WHERE target IN found.skipped))
    THEN {skipped: found.skipped + one.atom.id, active: found.active}
    WHEN (one.ready
          OR one.taken >= one.needed AND (NOT one.all OR all(source IN one.open WHERE source IN found.skipped)))
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
