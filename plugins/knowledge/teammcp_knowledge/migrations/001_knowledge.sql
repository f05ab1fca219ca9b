-- A finding: one row for each title, body and set of tags, whoever posted it and however often.
CREATE TABLE knowledge_findings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    content_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    tags TEXT NOT NULL,
    first_author TEXT NOT NULL,
    contributors INTEGER NOT NULL,
    retracted INTEGER NOT NULL,
    posted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX knowledge_findings_newest ON knowledge_findings (retracted, id);
CREATE INDEX knowledge_findings_top ON knowledge_findings (retracted, contributors, id);

CREATE TABLE knowledge_contributors (
    finding_id INTEGER NOT NULL REFERENCES knowledge_findings (id),
    agent TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (finding_id, agent)
) WITHOUT ROWID;

-- Who posted, retracted and revived a finding, and why; and where it came from.
CREATE TABLE knowledge_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    finding_id INTEGER NOT NULL REFERENCES knowledge_findings (id),
    action TEXT NOT NULL,
    agent TEXT NOT NULL,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    task_id INTEGER,
    message_id INTEGER
);
CREATE INDEX knowledge_history_finding ON knowledge_history (finding_id, id);
CREATE INDEX knowledge_history_agent ON knowledge_history (finding_id, agent);

-- How many findings that are not retracted have a tag, counted as they come and go.
CREATE TABLE knowledge_tags (
    tag TEXT PRIMARY KEY,
    findings INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX knowledge_tags_count ON knowledge_tags (findings DESC, tag);

-- The words of each finding that is not retracted; as facets its tags and contributors. Without a copy of the text.
CREATE VIRTUAL TABLE knowledge_search USING fts5 (
    content, pairs, facets, content = '', tokenize = "unicode61 remove_diacritics 2", columnsize = 0
);

-- A deleted key keeps its row and its version, so that no version ever comes twice.
CREATE TABLE memory_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    bytes INTEGER NOT NULL,
    version INTEGER NOT NULL,
    lclock INTEGER NOT NULL,
    writer TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE (namespace, key)
);
CREATE INDEX memory_entries_live ON memory_entries (namespace, key, deleted) WHERE deleted = 0;

CREATE TABLE memory_history (
    entry_id INTEGER NOT NULL REFERENCES memory_entries (id),
    version INTEGER NOT NULL,
    lclock INTEGER NOT NULL,
    action TEXT NOT NULL,
    value TEXT,
    writer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (entry_id, version)
) WITHOUT ROWID;

CREATE TABLE memory_namespaces (
    namespace TEXT PRIMARY KEY,
    keys INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The team's logical clock: how often its memory was written.
CREATE TABLE memory_clock (lclock INTEGER NOT NULL);
INSERT INTO memory_clock VALUES (0);

-- What a member wants to know of the shared state. The lists are JSON.
CREATE TABLE knowledge_profiles (
    agent TEXT PRIMARY KEY,
    relevant_fields TEXT NOT NULL,
    critical_fields TEXT NOT NULL,
    participating_projects TEXT NOT NULL,
    participating_channels TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Up to which version a member was shown a field, and up to which it has acknowledged it.
CREATE TABLE knowledge_known (
    agent TEXT NOT NULL,
    project_id TEXT NOT NULL,
    field TEXT NOT NULL,
    offered INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    PRIMARY KEY (agent, project_id, field)
) WITHOUT ROWID;

-- When a member last asked what has changed in a project.
CREATE TABLE knowledge_checks (
    agent TEXT NOT NULL,
    project_id TEXT NOT NULL,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (agent, project_id)
) WITHOUT ROWID;
