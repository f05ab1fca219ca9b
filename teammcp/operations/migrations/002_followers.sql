-- How far each follower has come in the log: the last event that it has dealt with.
CREATE TABLE followers (
    name TEXT PRIMARY KEY,
    event_id INTEGER NOT NULL
);
