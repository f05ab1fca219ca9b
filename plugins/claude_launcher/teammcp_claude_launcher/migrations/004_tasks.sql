-- What agents' runs have used for a task, by agent; and what may be used for it where that is not as the settings say.
-- `is_spent`: by what was known last, so much was used; a row without limits of its own stands for that alone.
CREATE TABLE launcher_task_usage (
    task_id INTEGER NOT NULL,
    agent TEXT NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    PRIMARY KEY (task_id, agent)
) WITHOUT ROWID;
CREATE TABLE launcher_task_limits (
    task_id INTEGER PRIMARY KEY,
    cost_micros INTEGER,
    tokens INTEGER,
    is_spent INTEGER NOT NULL
);
CREATE INDEX launcher_task_limits_spent ON launcher_task_limits (is_spent, task_id) WHERE is_spent = 1;

-- The task that a run works on in its turn, as far as its usage was booked on one.
ALTER TABLE launcher_runs ADD COLUMN task INTEGER;
