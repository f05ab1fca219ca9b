-- Up to which message the senders know that an agent was not reached: they hear it once, however often the server starts.
CREATE TABLE wakes_told (
    agent TEXT PRIMARY KEY,
    message_id INTEGER NOT NULL
);
