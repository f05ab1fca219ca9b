-- In which conversations a member writes by a notifier: it is answered there at once. A row counts for an hour.
CREATE TABLE notification_conversations (
    agent TEXT NOT NULL REFERENCES agents (name),
    channel TEXT NOT NULL,
    notifier TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (agent, channel)
);
