-- How far the mailbox of replies was fetched, by mailbox: server, user and folder.
CREATE TABLE email_places (
    mailbox TEXT PRIMARY KEY,
    validity INTEGER NOT NULL,
    uid INTEGER NOT NULL
);

-- Mail that came to a signed address of this team. raw: Base64, until it was dealt with. refused: why it became no message.
CREATE TABLE email_received (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mail_key TEXT NOT NULL UNIQUE,
    raw TEXT,
    received_at INTEGER NOT NULL,
    refused TEXT
);
CREATE INDEX email_received_waiting ON email_received (id) WHERE raw IS NOT NULL;
CREATE INDEX email_received_refused ON email_received (id) WHERE refused IS NOT NULL;
