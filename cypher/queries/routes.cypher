// name: routes
// The only compiler from graph to routes: out of each atom of a version its ENABLES, DEPENDS_ON, PERFORMED_BY, CALLS
// and COMPENSATED_BY with their rules, atoms and edges in the order of the file.
MATCH (:JourneyVersion {key: $key})-[:CONTAINS*1..3]->(source:Atom)
RETURN source.id AS atom, source.split AS split, source.join AS join, source.join_count AS join_count, source.may_end AS may_end,
  COLLECT {
    MATCH (source)-[edge:ENABLES]->(next:Atom)
    RETURN {target: next.id, position: edge.position, on: edge.on, priority: edge.priority,
            otherwise: edge.otherwise, rule_id: edge.rule_id, rule: edge.rule,
            rework: coalesce(edge.rework, false)}
    ORDER BY edge.position
  } AS enables,
  COLLECT {
    MATCH (source)-[dependency:DEPENDS_ON]->(before:Atom)
    RETURN {target: before.id, require: dependency.require}
    ORDER BY dependency.position
  } AS depends_on,
  HEAD(COLLECT {
    MATCH (source)-[performed:PERFORMED_BY]->(performer:Role)
    RETURN {role: performer.id, strategy: performed.strategy, skills: coalesce(performed.skills, []),
            levels: coalesce(performed.levels, []), not_same_as: coalesce(performed.not_same_as, []),
            same_as: performed.same_as}
  }) AS performer,
  HEAD(COLLECT { MATCH (source)-[:ESCALATES_TO]->(told:Role) RETURN told.id }) AS escalates_to,
  HEAD(COLLECT { MATCH (source)-[:CALLS]->(called:JourneyVersion) RETURN called.key }) AS calls,
  HEAD(COLLECT { MATCH (source)-[:COMPENSATED_BY]->(undo:Atom) RETURN undo.id }) AS compensated_by
ORDER BY source.index
