// question: Who hands work to whom, how often, and how long does it lie between them?
// param: journey text null — only this journey
// param: since time null — only cases that were started since
// param: sample integer 5000 — how many cases are looked at, the newest ones
// param: limit integer 100 — how many rows
// column: giver — who performed the earlier step
// column: taker — who performed the one that it led to, be it over steps that no person performs
// column: times — how often
// column: share — their part of all that was handed over, from 0 to 1
// column: cases — in how many cases
// column: p50_seconds — half of the times the taker began at most so long after the giver's end; where nobody said when
//   work began, the taker's end counts
// column: example — the newest such case
MATCH (process:ProcessInstance)
WHERE ($journey IS NULL OR process.journey = $journey) AND ($since IS NULL OR process.started_at >= datetime($since))
WITH process ORDER BY process.started_at DESC LIMIT $sample
// Who completed what another had, did it beside them: it was theirs to hand on.
MATCH (process)-[:HAS_STEP]->(earlier:Step)<-[gave:PERFORMED]-(giver:User)
WHERE gave.beside IS NULL
MATCH (earlier)-[:LED_TO]->(first:Step)
MATCH (first) ((between:Step WHERE NOT EXISTS { (between)<-[:PERFORMED]-(:User) })-[:LED_TO]->(:Step)){0,7} (later:Step)
WHERE later.started_at >= earlier.ended_at
MATCH (later)<-[took:PERFORMED]-(taker:User)
WHERE took.beside IS NULL AND taker <> giver
WITH DISTINCT process, earlier, giver, later, taker, took.began_at AS began_at
WITH giver.id AS giver, taker.id AS taker, count(*) AS times, count(DISTINCT process) AS cases,
  percentileCont(duration.inSeconds(earlier.ended_at, coalesce(began_at, later.ended_at)).milliseconds / 1000.0, 0.5)
    AS p50_seconds,
  head(collect(process.id)) AS example
WITH collect({giver: giver, taker: taker, times: times, cases: cases, p50: p50_seconds, example: example}) AS pairs,
  sum(times) AS all
UNWIND pairs AS pair
RETURN pair.giver AS giver, pair.taker AS taker, pair.times AS times, round(toFloat(pair.times) / all, 4) AS share,
  pair.cases AS cases, round(pair.p50, 3) AS p50_seconds, pair.example AS example
ORDER BY times DESC, giver, taker
LIMIT $limit
