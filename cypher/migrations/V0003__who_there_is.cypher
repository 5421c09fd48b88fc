// The organisation stands beside the versions: what a version calls a role names a role of the organisation, and users
// hold those. A role of the organisation is a Role too; its key is its id, which no version's key looks like.

CREATE CONSTRAINT organisation_role_id IF NOT EXISTS FOR (n:OrganisationRole) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT team_id IF NOT EXISTS FOR (n:Team) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT skill_name IF NOT EXISTS FOR (n:Skill) REQUIRE n.name IS UNIQUE;

// Versions that were published before.
MATCH (role:Role)
WHERE role.journey IS NOT NULL
MERGE (held:OrganisationRole {id: role.id})
ON CREATE SET held:Role, held.key = role.id
MERGE (role)-[:NAMES]->(held);
