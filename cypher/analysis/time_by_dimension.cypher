// question: How long do cases take, by the value of a dimension?
// param: journey text — the journey's key
// param: dimension text — one of the names the journey declares as `dimensions`
// param: width number null — for numbers: put values into ranges of this width
// param: limit integer 25 — how many rows
// column: value — the dimension's value, or the lower end of its range
// column: running — how many of these cases are under way
// column: ended — how many have ended
// column: p50_seconds — half of the ended ones took at most so long, from start to end
// column: p95_seconds — 95 of 100 did
MATCH (version:JourneyVersion {journey: $journey})<-[:RUNS]-(process:ProcessInstance)
WHERE $dimension IN version.dimensions
// A dimension never takes the place of what every process carries.
WITH process, CASE
    WHEN $dimension IN ['id', 'journey', 'version', 'part', 'status', 'outcome', 'business_key', 'priority',
                        'initiated_by', 'started_at', 'ended_at', 'due_at', 'not_before', 'suspended_at',
                        'suspended_by_parent', 'compensating', 'reworks', 'sla_level', 'sla_target_at', 'at_risk_at',
                        'breached_at', 'escalations'] THEN process['context_' + $dimension]
    ELSE process[$dimension]
  END AS value
WHERE value IS NOT NULL
WITH process, CASE
    WHEN $width > 0 AND (value IS :: INTEGER OR value IS :: FLOAT) THEN floor(value / $width) * $width
    ELSE value
  END AS value
WITH value, sum(CASE WHEN process.ended_at IS NULL THEN 1 ELSE 0 END) AS running, count(process.ended_at) AS ended,
  collect(duration.inSeconds(process.started_at, process.ended_at).milliseconds / 1000.0) AS seconds
CALL (seconds) {
  UNWIND seconds AS second
  RETURN percentileCont(second, 0.5) AS p50_seconds, percentileCont(second, 0.95) AS p95_seconds
}
RETURN value, running, ended, round(p50_seconds, 3) AS p50_seconds, round(p95_seconds, 3) AS p95_seconds
ORDER BY ended DESC, running DESC, value
LIMIT $limit
