// name: publish_version
// The first write locks the version, so that two publications of it come one after the other. Its status is PostgreSQL's
// to set; one that is published again keeps it.
MERGE (version:JourneyVersion {key: $key})
WITH version, coalesce(version.status, 'draft') AS status
SET version = $facts, version.status = status
MERGE (journey:Journey {key: $journey})
SET journey.name = $facts.name
MERGE (journey)-[:HAS_VERSION]->(version);

// name: unlink_version
// What a designer can draw is drawn anew; the nodes stay, as steps of running processes hang on them.
MATCH (version:JourneyVersion {key: $key})
CALL (version) {
  MATCH (version)-[link:CONTAINS|HAS_RULE]->()
  DELETE link
}
CALL () {
  MATCH (node:Phase|Module|Atom|Rule) WHERE node.key STARTS WITH $prefix
  MATCH (node)-[link:CONTAINS|ENABLES|DEPENDS_ON|PERFORMED_BY|ESCALATES_TO|COMPENSATED_BY|CALLS|GOVERNED_BY|USES|PRODUCES|READS|WRITES]->()
  DELETE link
}
RETURN version.key AS key;

// name: prune_version
// Nodes of an earlier draft that the document no longer has.
MATCH (node:Phase|Module|Atom|Role|Rule|Field|Regulation|Document)
WHERE node.key STARTS WITH $prefix AND NOT (labels(node)[0] + ' ' + node.key) IN $kept
DETACH DELETE node;

// name: publish_phases
UNWIND $rows AS row
MERGE (node:Phase {key: row.key})
SET node = row.facts
WITH node, row
MATCH (version:JourneyVersion {key: $key})
CREATE (version)-[:CONTAINS {position: row.facts.index}]->(node);

// name: publish_modules
UNWIND $rows AS row
MERGE (node:Module {key: row.key})
SET node = row.facts
WITH node, row
MATCH (version:JourneyVersion {key: $key})
OPTIONAL MATCH (phase:Phase {key: row.phase})
WITH node, row, coalesce(phase, version) AS whole
CREATE (whole)-[:CONTAINS {position: row.facts.index}]->(node);

// name: publish_atoms
UNWIND $rows AS row
MERGE (node:Atom {key: row.key})
SET node = row.facts
WITH node, row
MATCH (version:JourneyVersion {key: $key})
OPTIONAL MATCH (phase:Phase {key: row.phase})
OPTIONAL MATCH (module:Module {key: row.module})
WITH node, row, coalesce(module, phase, version) AS whole
CREATE (whole)-[:CONTAINS {position: row.facts.index}]->(node);

// name: publish_roles
// Of the organisation there may be nobody who holds it, or no such role yet.
UNWIND $rows AS row
MERGE (node:Role {key: row.key})
SET node = row.facts
MERGE (held:OrganisationRole {id: row.facts.id})
ON CREATE SET held:Role, held.key = held.id
MERGE (node)-[:NAMES]->(held);

// name: publish_regulations
UNWIND $rows AS row
MERGE (node:Regulation {key: row.key})
SET node = row.facts;

// name: publish_documents
UNWIND $rows AS row
MERGE (node:Document {key: row.key})
SET node = row.facts;

// name: publish_fields
UNWIND $rows AS row
MERGE (node:Field {key: row.key})
SET node = row.facts;

// name: publish_rules
UNWIND $rows AS row
MERGE (node:Rule {key: row.key})
SET node = row.facts
WITH node
MATCH (version:JourneyVersion {key: $key})
CREATE (version)-[:HAS_RULE]->(node);

// name: link_enables
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Atom {key: row.to})
CREATE (source)-[link:ENABLES]->(target)
SET link = row.facts;

// name: link_depends_on
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Atom {key: row.to})
CREATE (source)-[link:DEPENDS_ON]->(target)
SET link = row.facts;

// name: link_performed_by
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Role {key: row.to})
CREATE (source)-[link:PERFORMED_BY]->(target)
SET link = row.facts;

// name: link_escalates_to
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Role {key: row.to})
CREATE (source)-[:ESCALATES_TO]->(target);

// name: link_compensated_by
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Atom {key: row.to})
CREATE (source)-[:COMPENSATED_BY]->(target);

// name: link_calls
// A graph that is made anew may get the version that calls before the one that is called: its node stands empty, which
// routes.cypher says of it too, until it is published again.
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MERGE (target:JourneyVersion {key: row.to})
CREATE (source)-[:CALLS]->(target);

// name: link_governed_by
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Regulation {key: row.to})
CREATE (source)-[:GOVERNED_BY]->(target);

// name: link_uses
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Document {key: row.to})
CREATE (source)-[link:USES]->(target)
SET link = row.facts;

// name: link_produces
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Document {key: row.to})
CREATE (source)-[:PRODUCES]->(target);

// name: link_rule_reads
UNWIND $rows AS row
MATCH (source:Rule {key: row.from})
MATCH (target:Field {key: row.to})
CREATE (source)-[:READS]->(target);

// name: link_atom_reads
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Field {key: row.to})
CREATE (source)-[:READS]->(target);

// name: link_atom_writes
UNWIND $rows AS row
MATCH (source:Atom {key: row.from})
MATCH (target:Field {key: row.to})
CREATE (source)-[:WRITES]->(target);

// name: set_status
MATCH (version:JourneyVersion {key: $key})
SET version.status = $status
RETURN version.key AS key;

// name: all_versions
MATCH (version:JourneyVersion)
RETURN version.key AS key ORDER BY key;

// name: withdraw_version
MATCH (version:JourneyVersion {key: $key})
OPTIONAL MATCH (journey:Journey)-[:HAS_VERSION]->(version)
DETACH DELETE version
WITH DISTINCT journey
WHERE journey IS NOT NULL AND NOT (journey)-[:HAS_VERSION]->()
DELETE journey;
