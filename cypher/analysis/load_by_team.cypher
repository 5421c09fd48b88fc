// question: Which teams have how much to do, and for how many people?
// param: at time null — with who is absent at this time; now where it is not said
// param: limit integer 25 — how many rows
// column: team — the team's id
// column: name — its name
// column: manager — who manages it
// column: people — how many active people are in it
// column: absent — how many of them are absent from every role that they hold
// column: capacity — how many tasks they may have together; null where one of them may have any number
// column: held — how many tasks they have
// column: per_person — how many that is for each of them who is there
// column: busiest — who of them has most
// column: most — how many that are
// column: waiting — how many steps nobody has taken that wait for a role which somebody of the team holds; work for a list
//   counts once, and with each team that could do it
// column: oldest_at — since when the oldest of what they have or could take is
CALL () {
  MATCH (role:OrganisationRole)<-[:NAMES]-(:Role)<-[:PERFORMED_BY]-(atom:Atom)<-[at:AT_STEP]-(process:ProcessInstance)
  WHERE EXISTS { (:User)-[:HOLDS]->(role) } AND NOT EXISTS {
    MATCH (process)-[:HAS_STEP]->(step:Step {atom: atom.id, state: 'active'})<-[:HOLDS]-(:User)
  }
  WITH role.id AS role, count(*) AS steps, min(at.since) AS oldest_at
  RETURN collect({role: role, steps: steps, oldest_at: oldest_at}) AS queues
}
WITH queues, coalesce(datetime($at), datetime()) AS at
MATCH (team:Team)
CALL (team, at) {
  OPTIONAL MATCH (user:User {active: true})-[:MEMBER_OF]->(team)
  WITH user, COUNT { (user)-[:HOLDS]->(:Step|Task) } AS held,
    COLLECT { MATCH (user)-[:HOLDS]->(role:OrganisationRole) RETURN role.id } AS roles,
    COLLECT {
      MATCH (user)-[away:ABSENT]->(role:OrganisationRole)
      WHERE away.from <= at AND at < away.until
      RETURN DISTINCT role.id
    } AS away,
    head(COLLECT {
      MATCH (user)-[:HOLDS]->(work:Step|Task)
      WITH coalesce(work.started_at, work.created_at) AS since
      RETURN since ORDER BY since
    }) AS oldest_at
  ORDER BY held DESC, user.id
  WITH collect({
    id: user.id, held: held, roles: roles, absent: size(roles) > 0 AND size(away) = size(roles),
    capacity: user.capacity, oldest_at: oldest_at
  }) AS found
  RETURN [one IN found WHERE one.id IS NOT NULL] AS members
}
WITH team, members, [queue IN queues WHERE any(one IN members WHERE queue.role IN one.roles)] AS queues,
  size([one IN members WHERE one.absent]) AS absent, reduce(sum = 0, one IN members | sum + one.held) AS held
WITH *, reduce(sum = 0, queue IN queues | sum + queue.steps) AS waiting,
  [one IN members | one.oldest_at] + [queue IN queues | queue.oldest_at] AS times
RETURN team.id AS team, team.name AS name,
  head(COLLECT { MATCH (manager:User)-[:MANAGES]->(team) RETURN manager.id }) AS manager,
  size(members) AS people, absent, reduce(sum = 0, one IN members | sum + one.capacity) AS capacity, held,
  CASE WHEN size(members) > absent THEN round(toFloat(held) / (size(members) - absent), 2) END AS per_person,
  CASE WHEN held > 0 THEN members[0].id END AS busiest, CASE WHEN held > 0 THEN members[0].held ELSE 0 END AS most, waiting,
  reduce(oldest = null, time IN times | CASE WHEN oldest IS NULL OR time < oldest THEN time ELSE oldest END) AS oldest_at
ORDER BY held + waiting DESC, team
LIMIT $limit
