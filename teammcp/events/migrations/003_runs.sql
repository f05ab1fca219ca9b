-- The stretches of the log, each written by one run of a server: the id of its first event, and a mark made at random,
-- which cursors carry. What was written before this was kept has none.
CREATE TABLE event_runs (
    mark INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL
);
CREATE INDEX event_runs_first ON event_runs (first_id);
