-- Of which channels that not everybody reads messages are in the turn in which an entry was written, and in a run's last
-- turn: their ids, as JSON. NULL: of none.
ALTER TABLE launcher_entries ADD COLUMN channels TEXT;
ALTER TABLE launcher_runs ADD COLUMN channels TEXT;
