// Every node has one key, made of its place: `journey@version/id` in a version, `process/atom/visit` for a step.
// Uniqueness is what makes MERGE safe beside others, and the index behind it is how every statement finds its nodes.

CREATE CONSTRAINT journey_key IF NOT EXISTS FOR (n:Journey) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT journey_version_key IF NOT EXISTS FOR (n:JourneyVersion) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT phase_key IF NOT EXISTS FOR (n:Phase) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT module_key IF NOT EXISTS FOR (n:Module) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT atom_key IF NOT EXISTS FOR (n:Atom) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT role_key IF NOT EXISTS FOR (n:Role) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT rule_key IF NOT EXISTS FOR (n:Rule) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT field_key IF NOT EXISTS FOR (n:Field) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT regulation_key IF NOT EXISTS FOR (n:Regulation) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT document_key IF NOT EXISTS FOR (n:Document) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT process_instance_id IF NOT EXISTS FOR (n:ProcessInstance) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT step_key IF NOT EXISTS FOR (n:Step) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT user_id IF NOT EXISTS FOR (n:User) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT checkpoint_name IF NOT EXISTS FOR (n:Checkpoint) REQUIRE n.name IS UNIQUE;

// Processes that ended long ago leave the graph, oldest first.
CREATE INDEX process_instance_ended_at IF NOT EXISTS FOR (n:ProcessInstance) ON (n.ended_at);

// The few steps that an incident holds; the index has only those.
CREATE INDEX step_held IF NOT EXISTS FOR (n:Step) ON (n.held);
