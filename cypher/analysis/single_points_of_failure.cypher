// question: Where would work stop if one person were gone?
// param: journey text null — only this journey
// param: at time null — with whose skills hold, and who is absent, at this time; now where it is not said
// param: limit integer 25 — how many rows
// column: role — the role's id
// column: name — its name
// column: skills — what the work needs besides the role
// column: user — the one active person who holds the role and has the skills
// column: user_name — the person's name
// column: absent_until — until when the person is absent from it already
// column: atoms — the atoms, as journey/atom, that nobody else can perform; of published versions, and those with open
//   work
// column: open — how many steps are open at them
// column: held — how many tasks the person has
// column: oldest_at — since when the oldest of the open steps is
MATCH (held:OrganisationRole)<-[:NAMES]-(role:Role)<-[wanted:PERFORMED_BY]-(atom:Atom)
WHERE $journey IS NULL OR role.journey = $journey
MATCH (version:JourneyVersion {key: role.journey + '@' + role.version})
CALL (atom) {
  MATCH (:ProcessInstance)-[step:AT_STEP]->(atom)
  RETURN count(step) AS open, min(step.since) AS oldest_at
}
WITH held, coalesce(wanted.skills, []) AS skills, coalesce(wanted.levels, []) AS levels, atom, version, open, oldest_at
WHERE version.status = 'published' OR open > 0
WITH held, skills, levels, collect(DISTINCT version.journey + '/' + atom.id) AS atoms, sum(open) AS open,
  min(oldest_at) AS oldest_at, coalesce(datetime($at), datetime()) AS at
// Two are enough to know that it is not one.
CALL (held, skills, levels, at) {
  MATCH (user:User {active: true})-[:HOLDS]->(held)
  WITH user, COLLECT {
    MATCH (user)-[has:HAS_SKILL]->(skill:Skill)
    WHERE skill.name IN skills AND (has.expires_on IS NULL OR has.expires_on >= date(at))
    RETURN {name: skill.name, level: has.level}
  } AS having
  WHERE all(place IN range(0, size(skills) - 1)
    WHERE any(one IN having WHERE one.name = skills[place] AND one.level >= levels[place]))
  WITH user LIMIT 2
  RETURN collect(user) AS people
}
WITH * WHERE size(people) = 1
WITH *, people[0] AS user
RETURN held.id AS role, coalesce(held.name, held.id) AS name, skills, user.id AS user, user.name AS user_name,
  head(COLLECT {
    MATCH (user)-[away:ABSENT]->(held)
    WHERE away.from <= at AND at < away.until
    RETURN away.until ORDER BY away.until DESC
  }) AS absent_until,
  atoms, open, COUNT { (user)-[:HOLDS]->(:Step|Task) } AS held, oldest_at
ORDER BY open DESC, size(atoms) DESC, role, skills
LIMIT $limit
