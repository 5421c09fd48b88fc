// The organisation as PostgreSQL has it. Each user, role and team carries the fingerprint of its row, so that only what
// differs is written; a node without one is here for another reason: a user who performed something and has left since, or
// was never entered; a role that only versions name.

// name: read_edition
MATCH (checkpoint:Checkpoint {name: 'organisation'})
RETURN checkpoint.epoch AS epoch, checkpoint.version AS version;

// name: take_organisation
// The first SET waits for whoever else is in this statement. A holder that died is outlived by its own time, and leaves
// something that is of no edition, not `whole`.
MERGE (checkpoint:Checkpoint {name: 'organisation'})
SET checkpoint.asked_at = timestamp()
WITH checkpoint, checkpoint.holder IS NULL AS whole
WHERE (whole OR checkpoint.holder = $holder OR checkpoint.held_until < timestamp())
  AND NOT coalesce(checkpoint.epoch = $epoch AND checkpoint.version > $version, false)
SET checkpoint.holder = $holder, checkpoint.held_until = timestamp() + $lease
RETURN checkpoint.epoch AS epoch, checkpoint.version AS version, whole;

// name: keep_organisation
// In the transaction of each batch: whoever lost it to another writes nothing.
MATCH (checkpoint:Checkpoint {name: 'organisation', holder: $holder})
SET checkpoint.held_until = timestamp() + $lease
RETURN checkpoint.holder AS holder;

// name: leave_organisation
MATCH (checkpoint:Checkpoint {name: 'organisation', holder: $holder})
SET checkpoint.epoch = $epoch, checkpoint.version = $version
REMOVE checkpoint.holder, checkpoint.held_until, checkpoint.asked_at;

// name: known_people
MATCH (user:User)
WHERE user.fingerprint IS NOT NULL
RETURN user.id AS id, user.fingerprint AS fingerprint;

// name: known_roles
MATCH (role:OrganisationRole)
WHERE role.fingerprint IS NOT NULL
RETURN role.id AS id, role.fingerprint AS fingerprint;

// name: known_teams
MATCH (team:Team)
RETURN team.id AS id, team.fingerprint AS fingerprint;

// name: write_roles
UNWIND $net.rows AS row
MERGE (role:OrganisationRole {id: row.id})
SET role:Role, role.key = row.id, role.name = row.name, role.fingerprint = row.fingerprint;

// name: write_teams
UNWIND $net.rows AS row
MERGE (team:Team {id: row.id})
SET team.name = row.name, team.fingerprint = row.fingerprint
WITH team, row
CALL (team) {
  MATCH (:User)-[old:MANAGES]->(team)
  DELETE old
}
CALL (team, row) {
  UNWIND row.managers AS id
  MERGE (manager:User {id: id})
  CREATE (manager)-[:MANAGES]->(team)
};

// name: write_people
// Links are drawn anew: rows are only of those who changed. Whom somebody reports to, or who stands in, may come in a
// later batch.
UNWIND $net.rows AS row
MERGE (user:User {id: row.id})
SET user.name = row.name, user.active = row.active, user.capacity = row.capacity, user.fingerprint = row.fingerprint
WITH user, row
CALL (user) {
  MATCH (user)-[old:HOLDS|MEMBER_OF|REPORTS_TO|HAS_SKILL|ABSENT]->(:OrganisationRole|Team|User|Skill)
  DELETE old
}
CALL (user) {
  MATCH (:User)-[old:SUBSTITUTES]->(user)
  DELETE old
}
CALL (user, row) {
  UNWIND row.roles AS id
  MATCH (role:OrganisationRole {id: id})
  CREATE (user)-[:HOLDS]->(role)
}
CALL (user, row) {
  UNWIND row.teams AS id
  MATCH (team:Team {id: id})
  CREATE (user)-[:MEMBER_OF]->(team)
}
CALL (user, row) {
  UNWIND row.reports_to AS id
  MERGE (boss:User {id: id})
  CREATE (user)-[:REPORTS_TO]->(boss)
}
CALL (user, row) {
  UNWIND row.skills AS one
  MERGE (skill:Skill {name: one[0]})
  CREATE (user)-[:HAS_SKILL {level: one[1], expires_on: one[2]}]->(skill)
}
CALL (user, row) {
  UNWIND row.absences AS one
  MATCH (role:OrganisationRole {id: one[0]})
  CREATE (user)-[:ABSENT {from: one[1], until: one[2]}]->(role)
}
CALL (user, row) {
  UNWIND row.substitutes AS one
  MERGE (substitute:User {id: one[0]})
  CREATE (substitute)-[:SUBSTITUTES {from: one[1], until: one[2], roles: one[3]}]->(user)
};

// name: forget_people
// Who performed something stays as that.
UNWIND $net.rows AS row
MATCH (user:User {id: row.id})
SET user = {id: row.id}
WITH user
CALL (user) {
  MATCH (user)-[old:HOLDS|MEMBER_OF|REPORTS_TO|HAS_SKILL|ABSENT|SUBSTITUTES|MANAGES]->(:OrganisationRole|Team|User|Skill)
  DELETE old
}
CALL (user) {
  MATCH (:User)-[old:SUBSTITUTES|REPORTS_TO]->(user)
  DELETE old
};

// name: forget_teams
UNWIND $net.rows AS row
MATCH (team:Team {id: row.id})
DETACH DELETE team;

// name: forget_roles
UNWIND $net.rows AS row
MATCH (role:OrganisationRole {id: row.id})
SET role = {id: row.id, key: row.id}
WITH role
CALL (role) {
  MATCH (:User)-[old:HOLDS|ABSENT]->(role)
  DELETE old
};

// name: prune_people
// Nobody in the organisation, and nothing was done by them. Should a batch of events be about to say that something was,
// it fails once and is applied again.
MATCH (user:User)
WHERE user.fingerprint IS NULL AND NOT EXISTS { (user)--() }
DELETE user;

// name: prune_roles
// Those that nobody holds and no version names.
MATCH (role:OrganisationRole)
WHERE role.fingerprint IS NULL AND NOT EXISTS { (role)--() }
DELETE role;

// name: prune_skills
MATCH (skill:Skill)
WHERE NOT EXISTS { (skill)--() }
DELETE skill
