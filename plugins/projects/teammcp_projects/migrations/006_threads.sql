-- follows: the question that this one goes on from; thread: the first of those, NULL for one that goes on from none.
-- resumed: what its holder asked back has been answered, so it comes first in its lane. tell_at: when its asker is to be
-- told that its time is over; NULL if there is nothing to tell (any more).
ALTER TABLE projects_questions ADD COLUMN follows INTEGER;
ALTER TABLE projects_questions ADD COLUMN thread INTEGER;
ALTER TABLE projects_questions ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE projects_questions ADD COLUMN tell_at INTEGER;
UPDATE projects_questions SET tell_at = reply_by WHERE ended_at IS NULL;
CREATE INDEX projects_questions_thread ON projects_questions (thread, id);
CREATE INDEX projects_questions_late ON projects_questions (tell_at);
CREATE INDEX projects_questions_yours ON projects_questions (asker, ended_at, id);

-- What was asked back about a question, in which message, and what its asker has said to that; NULL until it has.
CREATE TABLE projects_exchanges (
    question INTEGER NOT NULL REFERENCES projects_questions (id),
    number INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    asked TEXT NOT NULL,
    asked_id INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    said TEXT,
    said_by TEXT,
    said_at INTEGER,
    PRIMARY KEY (question, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX projects_exchanges_message ON projects_exchanges (asked_id);
