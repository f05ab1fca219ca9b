CREATE TABLE goals (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    parent_id INTEGER REFERENCES goals (id),
    status TEXT NOT NULL,
    creator TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    closed_at INTEGER
);
CREATE INDEX goals_parent ON goals (parent_id) WHERE parent_id IS NOT NULL;

-- The last number given to a task: a task has its number before it is stored, so that messages about it can name it.
CREATE TABLE task_numbers (last INTEGER NOT NULL);
INSERT INTO task_numbers (last) VALUES (0);

-- Claimable tasks stand in lanes: all tasks of a lane may be claimed by the same members, so that the next one for a
-- member is the first of one of its lanes, however many tasks there are. scope: the channel whose members alone see the
-- task, else ''. requires: a JSON array of capabilities, sorted. assignee: whom the task is kept for, else ''.
CREATE TABLE task_lanes (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    requires TEXT NOT NULL,
    assignee TEXT NOT NULL,
    UNIQUE (assignee, scope, requires)
);

-- priority: 0 urgent, 1 high, 2 medium, 3 low. progress counts the subtasks in, own_progress is what was reported.
-- unmet: how many of the tasks that this one depends on are not done. The lease columns are set while somebody works on
-- the task under a lease, fencing_token only grows. previous_assignee: who it goes back to when the lease ends.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    task_type TEXT NOT NULL,
    creator TEXT NOT NULL,
    assignee TEXT,
    channel TEXT REFERENCES channels (id),
    scope TEXT NOT NULL,
    parent_id INTEGER REFERENCES tasks (id),
    goal_id INTEGER REFERENCES goals (id),
    source_msg INTEGER REFERENCES messages (id),
    weight INTEGER NOT NULL,
    due_at INTEGER,
    labels TEXT NOT NULL,
    requires TEXT NOT NULL,
    lane_id INTEGER NOT NULL REFERENCES task_lanes (id),
    progress INTEGER NOT NULL,
    own_progress INTEGER NOT NULL,
    result TEXT NOT NULL,
    metadata TEXT,
    checkin_interval TEXT,
    related_state_project TEXT,
    related_state TEXT,
    target_value TEXT,
    state_pending INTEGER NOT NULL DEFAULT 0,
    unmet INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    lease_seconds INTEGER NOT NULL,
    progress_seconds INTEGER NOT NULL,
    fencing_token INTEGER NOT NULL DEFAULT 0,
    lease_agent TEXT,
    lease_expires_at INTEGER,
    progress_due_at INTEGER,
    previous_assignee TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    worked_at INTEGER,
    closed_at INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX tasks_claimable ON tasks (lane_id, priority, id) WHERE status = 'todo' AND unmet = 0 AND deleted = 0;
CREATE INDEX tasks_leased ON tasks (lease_expires_at) WHERE lease_agent IS NOT NULL;
CREATE INDEX tasks_stuck ON tasks (progress_due_at) WHERE lease_agent IS NOT NULL;
CREATE INDEX tasks_due ON tasks (due_at) WHERE due_at IS NOT NULL AND closed_at IS NULL AND deleted = 0;
CREATE INDEX tasks_checkin ON tasks (created_at)
    WHERE checkin_interval IS NOT NULL AND closed_at IS NULL AND deleted = 0;
CREATE INDEX tasks_board ON tasks (status, priority, id) WHERE deleted = 0;
CREATE INDEX tasks_assignee ON tasks (assignee, scope, status, priority, due_at) WHERE deleted = 0;
CREATE INDEX tasks_parent ON tasks (parent_id) WHERE parent_id IS NOT NULL AND deleted = 0;
CREATE INDEX tasks_goal ON tasks (goal_id, scope, status, weight, progress) WHERE deleted = 0;
CREATE UNIQUE INDEX tasks_source ON tasks (source_msg) WHERE source_msg IS NOT NULL AND deleted = 0;

CREATE INDEX tasks_awaiting_state ON tasks (related_state_project, related_state)
    WHERE state_pending = 1 AND deleted = 0;

-- For lists: one index that holds all that is filtered by, so that counting needs no rows, and one for each order.
CREATE INDEX tasks_list ON tasks (scope, status, priority, assignee, creator, parent_id, goal_id, due_at, title)
    WHERE deleted = 0;
CREATE INDEX tasks_by_priority ON tasks (priority, id) WHERE deleted = 0;
CREATE INDEX tasks_by_update ON tasks (updated_at, id) WHERE deleted = 0;
CREATE INDEX tasks_by_due ON tasks (coalesce(due_at, 9223372036854775807), id) WHERE deleted = 0;
CREATE INDEX tasks_by_late_due ON tasks (coalesce(due_at, 0), id) WHERE deleted = 0;
CREATE INDEX tasks_by_status ON tasks (status, id) WHERE deleted = 0;
CREATE INDEX tasks_by_title ON tasks (title, id) WHERE deleted = 0;

CREATE TABLE task_labels (
    label TEXT NOT NULL,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    PRIMARY KEY (label, task_id)
) WITHOUT ROWID;

CREATE TABLE task_dependencies (
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    depends_on INTEGER NOT NULL REFERENCES tasks (id),
    PRIMARY KEY (task_id, depends_on)
) WITHOUT ROWID;
CREATE INDEX task_dependencies_on ON task_dependencies (depends_on);

-- changes: a JSON array of {"field", "old", "new"}.
CREATE TABLE task_history (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    changes TEXT NOT NULL,
    comment TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX task_history_task ON task_history (task_id, id);

-- What was reminded of already. mark tells one occasion from the next: the due time, the day of a check-in.
CREATE TABLE task_reminders (
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    kind TEXT NOT NULL,
    mark INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (task_id, kind, mark)
) WITHOUT ROWID;
