CREATE TABLE usage (
    agent TEXT NOT NULL REFERENCES agents (name),
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    PRIMARY KEY (agent, day, model)
);

CREATE TABLE budgets (
    agent TEXT NOT NULL PRIMARY KEY REFERENCES agents (name),
    messages INTEGER,
    tokens INTEGER,
    cost_micros INTEGER
);

-- The messages of an agent's day are counted without a look at anybody else's.
CREATE INDEX messages_of_sender ON messages (sender, created_at);
