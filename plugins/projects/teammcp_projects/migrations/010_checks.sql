-- Up to which message the parts of all were looked at: one row.
CREATE TABLE projects_checked (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL
);

-- Parts that could not be checked because no machine that has the code of the project could be reached, since when.
CREATE TABLE projects_checks (
    message_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    project TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (message_id, number)
) WITHOUT ROWID;
CREATE INDEX projects_checks_project ON projects_checks (project, message_id, number);
