-- An agent that lives here. `begun`: the number of the last order to start it that was followed.
CREATE TABLE keepers (
    journal TEXT NOT NULL REFERENCES journals (id),
    agent TEXT NOT NULL,
    begun INTEGER NOT NULL,
    PRIMARY KEY (journal, agent)
);

-- Messages that the server has handed over for an agent, until the turn is over in which its program has taken them up.
-- `reader`: the name under which they were handed over. `turn`: the one in which they were written to the program.
CREATE TABLE kept_messages (
    journal TEXT NOT NULL REFERENCES journals (id),
    agent TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    reader TEXT NOT NULL,
    is_again INTEGER NOT NULL,
    message TEXT NOT NULL,
    turn TEXT,
    is_taken INTEGER NOT NULL,
    PRIMARY KEY (journal, agent, message_id)
);

-- Calls as an agent that the server has not answered yet, in their order.
CREATE TABLE errands (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    journal TEXT NOT NULL REFERENCES journals (id),
    agent TEXT NOT NULL,
    errand TEXT NOT NULL
);
CREATE INDEX errands_agent ON errands (journal, agent, id);
