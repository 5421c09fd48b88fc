// name: as_of
MATCH (checkpoint:Checkpoint {name: 'projection'})
RETURN checkpoint.at AS at;

// name: read_state
// Without a cursor while everything is being removed. `busy_seconds`: for how long yet another projector has the graph.
MATCH (checkpoint:Checkpoint {name: 'projection'})
WITH checkpoint, CASE WHEN NOT coalesce(checkpoint.clearing, false) THEN checkpoint.epoch END AS epoch,
  checkpoint.held_until - timestamp() AS left
RETURN epoch, checkpoint.xid AS xid, checkpoint.id AS id, checkpoint.stuck AS stuck,
  CASE WHEN checkpoint.holder <> $holder AND left > 0 THEN left / 1000.0 ELSE 0.0 END AS busy_seconds;

// name: note_stuck
MERGE (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.stuck = $stuck;

// name: take_checkpoint
// Locks the checkpoint and moves it on, or leaves it where it is not at `after`: the write makes whoever comes second wait
// for the first one's transaction, and only then is read where it stands. `foreign`: there is a live execution, but no
// checkpoint that says where it came from.
//
// Of what the events are about it tells what the rows depend on. `visits`: which visit each atom of those processes is at
// that were reworked (R7). `lists`: a task that ends without saying how its edges went was the
// work of one element of such a step (R14), or its step is held (R9).
MERGE (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.clearing = coalesce(checkpoint.clearing, false)
WITH checkpoint, checkpoint.clearing AS clearing,
  checkpoint.epoch IS NULL AND EXISTS { (:ProcessInstance) } AS foreign,
  coalesce(checkpoint.epoch = $after.epoch AND checkpoint.xid = $after.xid AND checkpoint.id = $after.id,
    checkpoint.epoch IS NULL AND $after IS NULL) AS here
FOREACH (next IN CASE WHEN here AND NOT clearing AND NOT foreign THEN [$next] ELSE [] END |
  SET checkpoint += next, checkpoint.held_until = timestamp() + $lease, checkpoint.stuck = null)
RETURN clearing OR foreign AS unfit, here,
  COLLECT {
    UNWIND $about.processes AS id
    MATCH (process:ProcessInstance {id: id})
    WHERE process.reworks > 0
    MATCH (process)-[:HAS_STEP]->(step:Step)
    WITH id, step.atom AS atom, max(step.visit) AS visit
    RETURN [id, atom, visit]
  } AS visits,
  COLLECT {
    UNWIND $about.unsure AS key
    MATCH (step:Step {key: key})
    WHERE step.elements IS NOT NULL
    RETURN key
  } AS lists;

// name: lock_checkpoint
MERGE (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.clearing = coalesce(checkpoint.clearing, false)
RETURN checkpoint.clearing AS clearing;

// name: begin_clearing
MERGE (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint = {name: 'projection', clearing: true};

// name: end_clearing
MATCH (checkpoint:Checkpoint {name: 'projection'})
SET checkpoint.clearing = false
