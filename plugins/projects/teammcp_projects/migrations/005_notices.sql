-- Which project builds on what another publishes. publication: of what, as it is called there; empty is all of it. folded: as
-- two of them are compared.
CREATE TABLE projects_subscriptions (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects_projects (name),
    provider TEXT NOT NULL REFERENCES projects_projects (name),
    publication TEXT NOT NULL,
    folded TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX projects_subscriptions_once ON projects_subscriptions (project, provider, folded);
CREATE INDEX projects_subscriptions_project ON projects_subscriptions (project, id);
CREATE INDEX projects_subscriptions_provider ON projects_subscriptions (provider, id);

-- What a project has announced: that something changes in what it publishes, or what it asks of those who build on it.
-- untold: 1 while its announcer is to be told that all have acted.
CREATE TABLE projects_notices (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    publication TEXT NOT NULL,
    folded TEXT NOT NULL,
    change TEXT NOT NULL,
    content TEXT NOT NULL,
    next_step TEXT NOT NULL,
    version TEXT NOT NULL,
    act_by INTEGER,
    announced_by TEXT NOT NULL,
    announced_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    untold INTEGER NOT NULL,
    ended_by TEXT,
    ended_why TEXT NOT NULL,
    ended_at INTEGER
);
CREATE INDEX projects_notices_project ON projects_notices (project, id);
CREATE INDEX projects_notices_open ON projects_notices (id) WHERE state = 'open';
CREATE INDEX projects_notices_open_of ON projects_notices (project) WHERE state = 'open';
CREATE INDEX projects_notices_untold ON projects_notices (id) WHERE untold = 1;

-- Whom a notice concerns, and how each stands. whose: whose turn it is, 'consumer' or 'announcer'; empty once nobody has
-- to act. reminded: whether its people were told that it is overdue. trouble: why somebody could not be told yet.
CREATE TABLE projects_notice_lines (
    notice INTEGER NOT NULL REFERENCES projects_notices (id),
    consumer TEXT NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    said_by TEXT,
    said_at INTEGER,
    whose TEXT NOT NULL,
    reminded INTEGER NOT NULL,
    retry_at INTEGER NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (notice, consumer)
) WITHOUT ROWID;
CREATE INDEX projects_notice_lines_consumer ON projects_notice_lines (consumer, notice);
CREATE INDEX projects_notice_lines_waiting ON projects_notice_lines (notice, consumer) WHERE whose = 'consumer';
CREATE INDEX projects_notice_lines_objected ON projects_notice_lines (notice, consumer) WHERE whose = 'announcer';

-- Who was told of a notice for a project, in which message. waits: 1 while it is for this member to act.
CREATE TABLE projects_notice_tellings (
    notice INTEGER NOT NULL,
    consumer TEXT NOT NULL,
    reader TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    waits INTEGER NOT NULL,
    PRIMARY KEY (notice, consumer, reader),
    FOREIGN KEY (notice, consumer) REFERENCES projects_notice_lines (notice, consumer)
) WITHOUT ROWID;
CREATE UNIQUE INDEX projects_notice_tellings_message ON projects_notice_tellings (message_id);
CREATE INDEX projects_notice_tellings_waiting ON projects_notice_tellings (reader, notice) WHERE waits = 1;

-- What those who were told have replied, which stands beside their line.
CREATE TABLE projects_notice_replies (
    message_id INTEGER PRIMARY KEY,
    notice INTEGER NOT NULL,
    consumer TEXT NOT NULL,
    author TEXT NOT NULL,
    content TEXT NOT NULL,
    at INTEGER NOT NULL,
    FOREIGN KEY (notice, consumer) REFERENCES projects_notice_lines (notice, consumer)
);
CREATE INDEX projects_notice_replies_line ON projects_notice_replies (notice, consumer, message_id);
