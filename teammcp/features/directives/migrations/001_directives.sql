-- The last number given to a directive: it has its number before it is stored, so that the message about it can name it.
CREATE TABLE directive_numbers (last INTEGER NOT NULL);
INSERT INTO directive_numbers (last) VALUES (0);

-- priority: 0 urgent, 1 high, 2 medium, 3 low. The lease columns are set while its worker works on it, fencing_token only
-- grows. message_id: the direct message that brought it to its worker; answers to it are the directive's thread.
CREATE TABLE directives (
    id INTEGER PRIMARY KEY,
    issuer TEXT NOT NULL,
    worker TEXT NOT NULL REFERENCES agents (name),
    instruction TEXT NOT NULL,
    payload TEXT,
    priority INTEGER NOT NULL,
    status TEXT NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    result TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    lease_seconds INTEGER NOT NULL,
    fencing_token INTEGER NOT NULL DEFAULT 0,
    lease_agent TEXT,
    lease_expires_at INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    closed_at INTEGER,
    closed_by TEXT
);
CREATE INDEX directives_received ON directives (worker, status, id);
CREATE INDEX directives_sent ON directives (issuer, status, id);
CREATE INDEX directives_status ON directives (status, id);
CREATE INDEX directives_leased ON directives (lease_expires_at) WHERE lease_agent IS NOT NULL;
CREATE INDEX directives_expiring ON directives (expires_at) WHERE status = 'pending' AND expires_at IS NOT NULL;

-- What agents put out, the last of it. seq counts an agent's chunks, total its bytes up to the end of the chunk.
CREATE TABLE agent_output (
    agent TEXT NOT NULL REFERENCES agents (name),
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    directive_id INTEGER REFERENCES directives (id),
    text TEXT NOT NULL,
    total INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (agent, seq)
) WITHOUT ROWID;
CREATE INDEX agent_output_total ON agent_output (agent, total);
