-- Questions to a project. lane: the project that asks, or '@' and the member; what is asked by one of them is answered in order.
-- holder: who has it to answer; message_id: the message in which it was asked; answer_id: the one that answers it.
CREATE TABLE projects_questions (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    lane TEXT NOT NULL,
    asker TEXT NOT NULL,
    content TEXT NOT NULL,
    priority INTEGER NOT NULL,
    reply_by INTEGER,
    state TEXT NOT NULL,
    holder TEXT,
    leased_until INTEGER,
    retry_at INTEGER,
    trouble TEXT NOT NULL,
    message_id INTEGER,
    answer TEXT NOT NULL,
    answer_id INTEGER,
    answered_by TEXT,
    asked_at INTEGER NOT NULL,
    begun_at INTEGER,
    ended_at INTEGER
);
CREATE INDEX projects_questions_open ON projects_questions (project, state, id);
CREATE INDEX projects_questions_asker ON projects_questions (asker, id);
CREATE INDEX projects_questions_listed ON projects_questions (project, id);
CREATE INDEX projects_questions_holder ON projects_questions (holder, state);
CREATE INDEX projects_questions_leased ON projects_questions (leased_until);
CREATE UNIQUE INDEX projects_questions_message ON projects_questions (message_id);

-- When a question of a lane was begun last, and by whom it was answered: the same is asked again where it can be.
CREATE TABLE projects_lanes (
    project TEXT NOT NULL,
    lane TEXT NOT NULL,
    holder TEXT,
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (project, lane)
) WITHOUT ROWID;
