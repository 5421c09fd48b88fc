// question: Which ways do cases take, how often, and how long?
// param: journey text — the journey's key
// param: sample integer 5000 — how many ended processes are looked at, the newest ones
// param: limit integer 25 — how many rows
// column: path — the atoms that were completed or failed in their last visit, ordered by what comes before what in the graph
// column: outcome — how these cases ended: their outcome, or failed or cancelled
// column: cases — how many took this way
// column: share — their part of all that were looked at, from 0 to 1
// column: p50_seconds — half of them took at most so long, from start to end
// column: example — one of them, the newest
MATCH (:JourneyVersion {journey: $journey})<-[:RUNS]-(process:ProcessInstance)
WHERE process.ended_at IS NOT NULL
WITH process ORDER BY process.ended_at DESC LIMIT $sample
WITH process, COLLECT {
  MATCH (process)-[:COMPLETED|FAILED]->(atom:Atom)
  RETURN atom.id ORDER BY atom.rank
} AS path
WITH path, coalesce(process.outcome, process.status) AS outcome, count(*) AS cases, head(collect(process.id)) AS example,
  percentileCont(duration.inSeconds(process.started_at, process.ended_at).milliseconds / 1000.0, 0.5) AS p50_seconds
WITH collect({path: path, outcome: outcome, cases: cases, example: example, p50: p50_seconds}) AS ways, sum(cases) AS all
UNWIND ways AS way
RETURN way.path AS path, way.outcome AS outcome, way.cases AS cases, round(toFloat(way.cases) / all, 4) AS share,
  round(way.p50, 3) AS p50_seconds, way.example AS example
ORDER BY cases DESC, path
LIMIT $limit
