-- Addresses that their member has shown to be its own.
CREATE TABLE email_addresses (
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    confirmed_at INTEGER NOT NULL,
    PRIMARY KEY (agent, address)
);

-- Codes that were sent to addresses; the newest of a member counts. digest: of the code.
CREATE TABLE email_codes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    digest TEXT NOT NULL,
    tries INTEGER NOT NULL,
    sent_at INTEGER NOT NULL
);
CREATE INDEX email_codes_agent ON email_codes (agent, id);

-- When something has last gone well or wrong, by what it was ('sent'); error: why it went wrong last, since it went well.
CREATE TABLE email_status (
    what TEXT PRIMARY KEY,
    done_at INTEGER,
    failed_at INTEGER,
    error TEXT
);
