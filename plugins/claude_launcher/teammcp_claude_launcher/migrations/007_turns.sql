-- In which turns a message was written to a program: what came of it is in the run's entries from `seq` on.
CREATE TABLE launcher_turns (
    message_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL REFERENCES launcher_runs (id),
    seq INTEGER NOT NULL,
    PRIMARY KEY (message_id, run_id, seq)
) WITHOUT ROWID;
CREATE INDEX launcher_turns_run ON launcher_turns (run_id, seq);
