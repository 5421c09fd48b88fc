-- What operators say of an action, over all workers: how many attempts run at once, and that nobody takes any (R10).
-- One that nobody said anything of has no row. `turn` counts the claims that took work of it while it had a limit.
CREATE TABLE actions (
    action text COLLATE "C" PRIMARY KEY,
    most integer CHECK (most > 0),
    turn bigint NOT NULL DEFAULT 0,
    paused_at timestamptz,
    paused_by text,
    paused_for text,
    CONSTRAINT paused_by_somebody_for_a_reason CHECK (
        (paused_at IS NULL) = (paused_by IS NULL) AND (paused_at IS NULL) = (paused_for IS NULL))
);
-- By the worker: who looks for leases by their end must not be led here.
CREATE INDEX work_under_way ON work (action) WHERE worker IS NOT NULL;
