// question: Who could perform this atom, in this case, and what keeps the others from it?
// param: atom text — the atom's id
// param: process text null — in this case: whoever performed what four eyes keep apart from it may not
// param: journey text null — without a case: of this journey
// param: version text null — without a case: of this version; those that are published where it is not said
// param: at time null — with who is absent, and whose skills hold, at this time; now where it is not said
// param: limit integer 100 — how many rows
// column: version — the version, as journey@version
// column: user — the user's id
// column: name — the user's name
// column: eligible — whether the user may, and is there
// column: active — whether the user takes any work at all
// column: absent_until — until when the user is absent from this role
// column: substitute — who stands in meanwhile
// column: lacks — the skills that the user lacks
// column: performed — the atoms that the user performed in this case, whose performers may not perform this one
// column: kept — whether the work is kept for this user (true) or another (false), who performed the atom of `same_as`;
//   null where it is kept for nobody
// column: open — how many tasks the user has
// column: capacity — how many the user may be given; null for any number
// Of a case and an atom, who performed it are the people of its last visit in which anybody did; of a list that was begun
// again, those of that visit.
CALL () {
  MATCH (process:ProcessInstance {id: $process})-[:RUNS]->(version:JourneyVersion)
  RETURN version, process
  UNION ALL
  MATCH (version:JourneyVersion)
  WHERE $process IS NULL AND ($journey IS NULL OR version.journey = $journey)
    AND CASE WHEN $version IS NULL THEN version.status = 'published' ELSE version.version = $version END
  RETURN version, null AS process
}
MATCH (version)-[:CONTAINS*1..3]->(:Atom {id: $atom})-[wanted:PERFORMED_BY]->(:Role)-[:NAMES]->(held:OrganisationRole)
WITH version, process, held, coalesce(datetime($at), datetime()) AS at, wanted.same_as AS keeper,
  coalesce(wanted.skills, []) AS skills, coalesce(wanted.levels, []) AS levels,
  coalesce(wanted.not_same_as, []) + COLLECT {
    MATCH (version)-[:CONTAINS*1..3]->(other:Atom)-[apart:PERFORMED_BY]->(:Role)
    WHERE $atom IN apart.not_same_as
    RETURN other.id
  } AS others
CALL (process, others, keeper) {
  UNWIND CASE WHEN keeper IS NULL THEN others ELSE others + keeper END AS other
  CALL (process, other) {
    MATCH (process)-[:HAS_STEP]->(step:Step {atom: other})
    WITH step, COLLECT { MATCH (user:User)-[:PERFORMED]->(step) RETURN DISTINCT user.id } AS users
    WHERE size(users) > 0 OR step.elements IS NOT NULL
    ORDER BY step.visit DESC LIMIT 1
    RETURN users
  }
  UNWIND users AS user
  RETURN collect(DISTINCT {user: user, atom: other}) AS did
}
MATCH (user:User)-[:HOLDS]->(held)
WITH version, user, skills, levels, keeper, at, held, [one IN did WHERE one.atom = keeper | one.user] AS keepers,
  [one IN did WHERE one.user = user.id AND one.atom IN others | one.atom] AS performed,
  COLLECT {
    MATCH (user)-[has:HAS_SKILL]->(skill:Skill)
    WHERE skill.name IN skills AND (has.expires_on IS NULL OR has.expires_on >= date(at))
    RETURN {name: skill.name, level: has.level}
  } AS having,
  head(COLLECT {
    MATCH (user)-[away:ABSENT]->(held)
    WHERE away.from <= at AND at < away.until
    RETURN away.until ORDER BY away.until DESC
  }) AS absent_until,
  head(COLLECT {
    MATCH (instead:User)-[in_place:SUBSTITUTES]->(user)
    WHERE in_place.from <= at AND at < in_place.until AND (in_place.roles IS NULL OR held.id IN in_place.roles)
    RETURN instead.id ORDER BY in_place.until DESC
  }) AS substitute
WITH *, [place IN range(0, size(skills) - 1)
  WHERE none(one IN having WHERE one.name = skills[place] AND one.level >= levels[place]) | skills[place]] AS lacks
RETURN version.key AS version, user.id AS user, user.name AS name,
  user.active AND absent_until IS NULL AND size(lacks) = 0 AND size(performed) = 0 AS eligible,
  user.active AS active, absent_until, substitute, lacks, performed,
  CASE WHEN size(keepers) > 0 THEN user.id IN keepers END AS kept,
  COUNT { (user)-[:HOLDS]->(:Step|Task) } AS open, user.capacity AS capacity
ORDER BY version, eligible DESC, kept DESC, open, user
LIMIT $limit
