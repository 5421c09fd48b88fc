// question: Are there enough people for each atom of a journey version, with their absences?
// param: journey text — the journey's key
// param: version text null — this version; those that are published where it is not said
// param: from time null — the period begins at this time; now where it is not said
// param: days integer 14 — and is so many days long
// param: limit integer 100 — how many rows
// column: version — the version, as journey@version
// column: atom — the atom's id
// column: name — its name
// column: role — the role that performs it
// column: skills — what it needs besides
// column: needed — one person, and one more for each atom that four eyes keep apart from it and of which somebody
//   eligible here could have been the performer
// column: holders — how many active people hold the role
// column: eligible — how many of them have the skills when the period begins
// column: least — the fewest of these at any moment of the period, without who is absent or whose skill has expired
// column: least_at — the first moment at which there are so few
// column: understaffed — whether these are fewer than are needed
// The same as `engine.core.staffing`, which warns of it when a version is published.
MATCH (version:JourneyVersion {journey: $journey})
WHERE CASE WHEN $version IS NULL THEN version.status = 'published' ELSE version.version = $version END
WITH version, coalesce(datetime($from), datetime()) AS start
WITH version, start, start + duration({days: $days}) AS end
MATCH (version)-[:CONTAINS*1..3]->(atom:Atom)-[wanted:PERFORMED_BY]->(role:Role)-[:NAMES]->(held:OrganisationRole)
WITH version, start, end, atom, role, held, coalesce(wanted.skills, []) AS skills, coalesce(wanted.levels, []) AS levels,
  coalesce(wanted.not_same_as, []) AS apart
// When each eligible person is away, as spans that may overlap.
CALL (held, skills, levels, start, end) {
  MATCH (user:User {active: true})-[:HOLDS]->(held)
  WITH user, COLLECT {
    MATCH (user)-[has:HAS_SKILL]->(skill:Skill)
    WHERE (has.expires_on IS NULL OR has.expires_on >= date(start))
      AND any(place IN range(0, size(skills) - 1) WHERE skills[place] = skill.name AND has.level >= levels[place])
    RETURN CASE WHEN has.expires_on IS NOT NULL
      THEN datetime({date: has.expires_on + duration('P1D'), timezone: 'Z'}) END
  } AS skilled_until,
  COLLECT {
    MATCH (user)-[away:ABSENT]->(held)
    WHERE away.from < end AND away.until > start
    RETURN [away.from, away.until]
  } AS absences
  WITH user, size(skilled_until) = size(skills) AS able,
    absences + [until IN skilled_until WHERE until < end | [until, end]] AS spans
  RETURN count(*) AS holders, collect(CASE WHEN able THEN {id: user.id, spans: spans} END) AS people
}
// Spans of one person that meet are one.
CALL (people, start, end) {
  UNWIND people AS person
  WITH person, COLLECT {
    UNWIND person.spans AS span
    WITH CASE WHEN span[0] < start THEN start ELSE span[0] END AS begins,
      CASE WHEN span[1] > end THEN end ELSE span[1] END AS ends
    RETURN [begins, ends] ORDER BY begins, ends
  } AS spans
  WHERE size(spans) > 0
  WITH reduce(found = [], span IN spans | CASE
    WHEN size(found) = 0 OR span[0] > found[-1][1] THEN found + [span]
    WHEN span[1] > found[-1][1] THEN found[..-1] + [[found[-1][0], span[1]]]
    ELSE found
  END) AS spans
  UNWIND spans AS span
  UNWIND [{at: span[0], by: 1}, {at: span[1], by: -1}] AS change
  WITH change ORDER BY change.at, change.by
  WITH collect(change) AS changes
  RETURN reduce(most = {now: 0, away: 0, at: start}, change IN changes | CASE
    WHEN most.now + change.by > most.away
    THEN {now: most.now + change.by, away: most.now + change.by, at: change.at}
    ELSE {now: most.now + change.by, away: most.away, at: most.at}
  END) AS most
}
WITH version, start, held, atom, role, skills, levels, apart, holders, size(people) AS eligible,
  size(people) - most.away AS least, most.at AS least_at
// Each other atom that somebody eligible could perform, too.
WITH *, 1 + COUNT {
  MATCH (version)-[:CONTAINS*1..3]->(other:Atom)-[theirs:PERFORMED_BY]->(:Role)-[:NAMES]->(also:OrganisationRole)
  WHERE (other.id IN apart OR atom.id IN theirs.not_same_as) AND EXISTS {
    MATCH (user:User {active: true})-[:HOLDS]->(held)
    MATCH (user)-[:HOLDS]->(also)  // apart: it may be the same
    WHERE all(place IN range(0, size(skills) - 1) WHERE EXISTS {
      MATCH (user)-[has:HAS_SKILL]->(skill:Skill)
      WHERE skill.name = skills[place] AND has.level >= levels[place]
        AND (has.expires_on IS NULL OR has.expires_on >= date(start))
    }) AND all(place IN range(0, size(coalesce(theirs.skills, [])) - 1) WHERE EXISTS {
      MATCH (user)-[has:HAS_SKILL]->(skill:Skill)
      WHERE skill.name = theirs.skills[place] AND has.level >= theirs.levels[place]
        AND (has.expires_on IS NULL OR has.expires_on >= date(start))
    })
  }
  RETURN other
} AS needed, atom.index AS place
RETURN version.key AS version, atom.id AS atom, atom.name AS name, role.id AS role, skills, needed, holders, eligible, least,
  least_at, least < needed AS understaffed
ORDER BY understaffed DESC, least - needed, version, place
LIMIT $limit
