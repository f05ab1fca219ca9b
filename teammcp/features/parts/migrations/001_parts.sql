-- The parts of messages, whole: what the sender gave of each, as JSON. What is told of them beside the text of their
-- message, and what checks have found, stands with the message.
CREATE TABLE message_parts (
    message_id INTEGER NOT NULL REFERENCES messages (id),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (message_id, number)
) WITHOUT ROWID;
