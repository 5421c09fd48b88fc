// name: as_of
MATCH (checkpoint:Checkpoint {name: 'projection'})
RETURN checkpoint.at AS at;

// name: read_checkpoint
MATCH (checkpoint:Checkpoint {name: 'projection'})
WHERE checkpoint.epoch IS NOT NULL AND NOT coalesce(checkpoint.clearing, false)
RETURN checkpoint.epoch AS epoch, checkpoint.xid AS xid, checkpoint.id AS id;

// name: lock_checkpoint
// The write makes whoever comes second wait for the first one's transaction. `foreign`: there is a live execution, but
// no checkpoint that says where it came from.
MERGE (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.clearing = coalesce(checkpoint.clearing, false)
RETURN checkpoint.epoch AS epoch, checkpoint.xid AS xid, checkpoint.id AS id, checkpoint.clearing AS clearing,
  checkpoint.epoch IS NULL AND EXISTS { (:ProcessInstance) } AS foreign;

// name: move_checkpoint
MATCH (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.epoch = $epoch, checkpoint.xid = $xid, checkpoint.id = $id, checkpoint.at = $at;

// name: begin_clearing
MERGE (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint = {name: 'projection', clearing: true};

// name: end_clearing
MATCH (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.clearing = false
