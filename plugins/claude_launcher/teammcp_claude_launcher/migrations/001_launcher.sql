-- A machine whose runner runs agents of this team. One that was revoked keeps its row, and its name for good.
CREATE TABLE launcher_machines (
    name TEXT PRIMARY KEY,
    key_hash TEXT NOT NULL UNIQUE,
    is_local INTEGER NOT NULL,
    platform TEXT NOT NULL,
    version TEXT NOT NULL,
    runtimes TEXT NOT NULL,
    journal TEXT NOT NULL,
    reported INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    seen_at INTEGER,
    revoked_by TEXT,
    revoked_at INTEGER
);

-- A token with which one machine can join, once.
CREATE TABLE launcher_tokens (
    token_hash TEXT PRIMARY KEY,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    machine TEXT
);
CREATE INDEX launcher_tokens_expires ON launcher_tokens (expires_at);

-- Where an agent lives and what it runs. `wanted`: whether it is to run. `held`: why nothing is begun nevertheless, and
-- `held_until`: when that is over by itself. `started` counts what was asked to begin at once, by `started_by`; a run that
-- was begun before the start `renewed` is to end. `assembly`: the team for which it was made. `brief`: what
-- it is still to be told by who has started it. The machine may be the server's own before that has its row.
CREATE TABLE launcher_homes (
    agent TEXT PRIMARY KEY,
    machine TEXT NOT NULL,
    runtime TEXT NOT NULL,
    options TEXT NOT NULL,
    workspace TEXT NOT NULL,
    folder TEXT NOT NULL,
    wide INTEGER NOT NULL,
    credential TEXT,
    model TEXT NOT NULL,
    role TEXT NOT NULL,
    guide TEXT NOT NULL,
    policy TEXT NOT NULL,
    answers TEXT NOT NULL,
    limits TEXT NOT NULL,
    wanted INTEGER NOT NULL,
    held TEXT NOT NULL,
    held_until INTEGER,
    started INTEGER NOT NULL,
    started_by TEXT NOT NULL,
    renewed INTEGER NOT NULL,
    assembly INTEGER,
    brief TEXT NOT NULL,
    conversation TEXT,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE INDEX launcher_homes_machine ON launcher_homes (machine, agent);
CREATE INDEX launcher_homes_assembly ON launcher_homes (assembly, agent) WHERE assembly IS NOT NULL;
CREATE INDEX launcher_homes_brief ON launcher_homes (agent) WHERE brief <> '';
CREATE INDEX launcher_homes_held ON launcher_homes (held_until) WHERE held_until IS NOT NULL;

-- A run of an agent's program. `entries`: how many of what happened in it are kept.
CREATE TABLE launcher_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL,
    machine TEXT NOT NULL,
    runtime TEXT NOT NULL,
    cause TEXT NOT NULL,
    request TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    resumed INTEGER NOT NULL,
    conversation TEXT,
    program TEXT NOT NULL,
    folder TEXT NOT NULL,
    pid INTEGER,
    turns INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    last_words TEXT NOT NULL,
    entries INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    started_at INTEGER,
    changed_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    exit_code INTEGER,
    last_output TEXT NOT NULL
);
CREATE INDEX launcher_runs_agent ON launcher_runs (agent, id);
CREATE INDEX launcher_runs_machine ON launcher_runs (machine, id);
CREATE INDEX launcher_runs_at_work ON launcher_runs (machine, ended_at, id) WHERE ended_at IS NULL;
CREATE INDEX launcher_runs_kept ON launcher_runs (ended_at, id) WHERE entries > 0;
CREATE UNIQUE INDEX launcher_runs_live ON launcher_runs (agent) WHERE ended_at IS NULL;

-- What happened in a run, in its order. `kind` and `data` are of the shapes in `entries.py`.
CREATE TABLE launcher_entries (
    run_id INTEGER NOT NULL REFERENCES launcher_runs (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

-- Keys of model providers. The values are in the server's store of secrets, under the names of the variables.
CREATE TABLE launcher_credentials (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    note TEXT NOT NULL,
    variables TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);

-- Roles that the team has changed or added; the others are files of the plugin.
CREATE TABLE launcher_roles (
    name TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    guide TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
);

-- A team that somebody proposes for a need; made when a person says yes.
CREATE TABLE launcher_assemblies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    need TEXT NOT NULL,
    members TEXT NOT NULL,
    cost_usd REAL NOT NULL,
    status TEXT NOT NULL,
    handover TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    retired_at INTEGER
);
CREATE INDEX launcher_assemblies_status ON launcher_assemblies (status, id);

-- Somebody has paused all agents: no turn is begun. One row, or none.
CREATE TABLE launcher_pause (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    paused_by TEXT NOT NULL,
    paused_at INTEGER NOT NULL,
    reason TEXT NOT NULL
);
