// Tasks off the graph and incidents are nodes of their own, and what a step was led to by is on the relationship: a live
// execution that was projected before is made again from the events.

CREATE CONSTRAINT task_key IF NOT EXISTS FOR (n:Task) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT incident_key IF NOT EXISTS FOR (n:Incident) REQUIRE n.key IS UNIQUE;

// The few that hold something; the indexes have only those, as the properties go when they do so no more.
CREATE INDEX incident_open IF NOT EXISTS FOR (n:Incident) ON (n.open);
CREATE INDEX process_instance_suspended_at IF NOT EXISTS FOR (n:ProcessInstance) ON (n.suspended_at);
CREATE INDEX process_instance_not_before IF NOT EXISTS FOR (n:ProcessInstance) ON (n.not_before);
DROP INDEX step_held IF EXISTS;

// Versions that were published before had no such atoms (R13).
MATCH (atom:Atom) WHERE atom.compensation IS NULL
SET atom.compensation = false;

MATCH (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint = {name: 'projection', clearing: true};
