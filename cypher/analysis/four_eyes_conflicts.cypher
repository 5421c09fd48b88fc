// question: Which open work can nobody take because of four eyes, and where were they not kept?
// param: journey text null — only this journey
// param: at time null — with who is absent, and whose skills hold, at this time; now where it is not said
// param: limit integer 100 — how many rows
// column: kind — blocked: nobody who is there may perform it; broken: one person performed both
// column: process — the process's id
// column: business_key — the case's own number
// column: journey — the journey's key
// column: atom — the open atom, or the first in the file of the two that were performed by one
// column: name — its name
// column: role — its role
// column: others — the atoms whose performers may not perform it
// column: excluded — who could, but performed one of those; of what is broken, who performed both
// column: absent — who could, but is absent
// column: since — since when the step is open; of what is broken, when the later of the two ended
// As in `who_could_do`, who performed an atom are the people of its last visit in which anybody did.
MATCH (version:JourneyVersion)
WHERE $journey IS NULL OR version.journey = $journey
MATCH (version)-[:CONTAINS*1..3]->(one:Atom)-[apart:PERFORMED_BY]->(:Role)
WHERE size(apart.not_same_as) > 0
UNWIND apart.not_same_as AS id
MATCH (version)-[:CONTAINS*1..3]->(other:Atom {id: id})
UNWIND [[one, other], [other, one]] AS pair
WITH pair[0] AS atom, collect(DISTINCT pair[1]) AS others, coalesce(datetime($at), datetime()) AS at
CALL (atom, others, at) {
  MATCH (atom)-[wanted:PERFORMED_BY]->(:Role)-[:NAMES]->(held:OrganisationRole)
  WITH held, coalesce(wanted.skills, []) AS skills, coalesce(wanted.levels, []) AS levels
  CALL (held, skills, levels, at) {
    MATCH (user:User {active: true})-[:HOLDS]->(held)
    WITH user, COLLECT {
      MATCH (user)-[has:HAS_SKILL]->(skill:Skill)
      WHERE skill.name IN skills AND (has.expires_on IS NULL OR has.expires_on >= date(at))
      RETURN {name: skill.name, level: has.level}
    } AS having
    WHERE all(place IN range(0, size(skills) - 1)
      WHERE any(one IN having WHERE one.name = skills[place] AND one.level >= levels[place]))
    WITH user.id AS id, EXISTS { MATCH (user)-[away:ABSENT]->(held) WHERE away.from <= at AND at < away.until } AS absent
    ORDER BY id
    RETURN collect(CASE WHEN NOT absent THEN id END) AS there, collect(CASE WHEN absent THEN id END) AS away
  }
  MATCH (process:ProcessInstance)-[open:AT_STEP]->(atom)
  CALL (process, others) {
    UNWIND others AS other
    CALL (process, other) {
      MATCH (process)-[:HAS_STEP]->(step:Step {atom: other.id})
      WITH step, COLLECT { MATCH (user:User)-[:PERFORMED]->(step) RETURN DISTINCT user.id } AS users
      WHERE size(users) > 0 OR step.elements IS NOT NULL
      ORDER BY step.visit DESC LIMIT 1
      RETURN users
    }
    UNWIND users AS user
    RETURN collect(DISTINCT user) AS performed
  }
  // Few performed it; whoever is there beyond them could do it.
  WITH process, open, there, away, performed
  WHERE size(there) <= size(performed) AND all(user IN there WHERE user IN performed)
    AND any(user IN there + away WHERE user IN performed)
  RETURN 'blocked' AS kind, process, [user IN there + away WHERE user IN performed] AS excluded,
    [user IN away WHERE NOT user IN performed] AS absent, open.since AS since, [other IN others | other.id] AS named
  UNION ALL
  WITH atom, others
  UNWIND others AS other
  WITH atom, other WHERE atom.index < other.index
  MATCH (process:ProcessInstance)-[:COMPLETED]->(atom), (process)-[:COMPLETED]->(other)
  WITH process, [atom, other] AS both, other.id AS named
  CALL (process, both) {
    UNWIND both AS done
    CALL (process, done) {
      MATCH (process)-[:HAS_STEP]->(step:Step {atom: done.id})
      WITH step, COLLECT { MATCH (user:User)-[:PERFORMED]->(step) RETURN DISTINCT user.id } AS users
      WHERE size(users) > 0 OR step.elements IS NOT NULL
      ORDER BY step.visit DESC LIMIT 1
      RETURN users, step.ended_at AS ended_at
    }
    RETURN collect(users) AS performed, max(ended_at) AS since
  }
  WITH process, named, since, [user IN performed[0] WHERE user IN performed[1]] AS users
  WHERE size(users) > 0
  RETURN 'broken' AS kind, process, users AS excluded, [] AS absent, since, [named] AS named
}
RETURN kind, process.id AS process, process.business_key AS business_key, process.journey AS journey, atom.id AS atom,
  atom.name AS name, atom.role AS role, named AS others, excluded, absent, since
ORDER BY kind DESC, since, process, atom
LIMIT $limit
