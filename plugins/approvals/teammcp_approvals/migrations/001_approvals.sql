-- Every question that somebody has to agree to, with what is done then. A closed one stays as it ended.
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    details TEXT NOT NULL,
    operation TEXT,
    arguments TEXT NOT NULL,
    proposer TEXT NOT NULL,
    reason TEXT NOT NULL,
    why TEXT NOT NULL,
    project_id TEXT,
    field TEXT,
    base_version INTEGER,
    old_value TEXT,
    approvers TEXT NOT NULL,
    quorum INTEGER NOT NULL,
    status TEXT NOT NULL,
    round INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by TEXT,
    result TEXT,
    error TEXT NOT NULL DEFAULT ''
);

CREATE INDEX approvals_proposer ON approvals (proposer, id);
CREATE INDEX approvals_open_of ON approvals (proposer) WHERE closed_at IS NULL;
CREATE INDEX approvals_status ON approvals (status, id);
CREATE INDEX approvals_kind ON approvals (kind, id);
CREATE INDEX approvals_expiry ON approvals (expires_at) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX approvals_open ON approvals (fingerprint) WHERE closed_at IS NULL;

-- Whose word counts: "@name", or an access level. Who was named for this one question by somebody else has given_by.
CREATE TABLE approval_voices (
    approval_id INTEGER NOT NULL REFERENCES approvals (id),
    who TEXT NOT NULL,
    given_by TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (approval_id, who, given_by)
) WITHOUT ROWID;

CREATE INDEX approval_voices_waiting ON approval_voices (who, approval_id) WHERE waiting = 1;

-- One line for each word spoken. A question that is asked again begins a new round.
CREATE TABLE approval_decisions (
    id INTEGER PRIMARY KEY,
    approval_id INTEGER NOT NULL REFERENCES approvals (id),
    round INTEGER NOT NULL,
    agent TEXT NOT NULL,
    voice TEXT NOT NULL,
    approved INTEGER NOT NULL,
    comment TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (approval_id, round, agent),
    UNIQUE (approval_id, round, voice)
);

CREATE TABLE approval_delegations (
    agent TEXT PRIMARY KEY,
    delegate TEXT NOT NULL,
    until INTEGER NOT NULL,
    made_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX approval_delegations_delegate ON approval_delegations (delegate);

CREATE TABLE approval_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
