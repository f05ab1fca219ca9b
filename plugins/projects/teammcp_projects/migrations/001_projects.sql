-- A code base: what it is, where it lies, what it offers others, and who may ask it. Lists are JSON.
-- folded: its name as two names are compared. askers: NULL is everybody.
CREATE TABLE projects_projects (
    name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    publishes TEXT NOT NULL,
    owners TEXT NOT NULL,
    folders TEXT NOT NULL,
    role TEXT NOT NULL,
    runtime TEXT NOT NULL,
    at_once INTEGER NOT NULL,
    askers TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID;

-- The one project that a member works in, if any, and whether it answers there what others ask.
CREATE TABLE projects_agents (
    agent TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects_projects (name),
    answers INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX projects_agents_project ON projects_agents (project, agent);
