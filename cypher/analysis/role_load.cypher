// question: Which roles have how much to do, and with how many people?
// param: journey text null — only this journey
// param: limit integer 25 — how many rows
// column: journey — the journey's key
// column: role — the role's id
// column: name — its name
// column: open — how many steps are open for the role; work for a list counts once
// column: held — how many of them somebody has taken
// column: people — how many people hold one
// column: oldest_at — since when the oldest open one is
// column: performed — how many tasks of the role people have completed
MATCH (role:Role)
WHERE role.journey IS NOT NULL AND ($journey IS NULL OR role.journey = $journey)
CALL (role) {
  MATCH (role)<-[:PERFORMED_BY]-(:Atom)<-[at:AT_STEP]-(:ProcessInstance)
  RETURN count(at) AS open, min(at.since) AS oldest_at
}
CALL (role) {
  MATCH (role)<-[:PERFORMED_BY]-(:Atom)<-[:OF]-(:Step)<-[done:PERFORMED]-(:User)
  WHERE done.beside IS NULL
  RETURN count(done) AS performed
}
CALL (role) {
  // From the people: they hold few steps each, an atom has as many as it ever ran.
  MATCH (user:User)-[:HOLDS]->(step:Step)-[:OF]->(:Atom)-[:PERFORMED_BY]->(role)
  RETURN collect(user.id) AS holders, count(DISTINCT step) AS held
}
WITH role.journey AS journey, role.id AS role, head(collect(role.name)) AS name, sum(open) AS open,
  min(oldest_at) AS oldest_at, sum(performed) AS performed, sum(held) AS held,
  collect(holders) AS holders
WITH *, reduce(all = [], some IN holders | all + some) AS holders
RETURN journey, role, name, open, held, COUNT { UNWIND holders AS id RETURN DISTINCT id } AS people,
  oldest_at, performed
ORDER BY open DESC, oldest_at, journey, role
LIMIT $limit
