-- capabilities: a JSON array. time_zone: an IANA name.
ALTER TABLE agents ADD COLUMN capabilities TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';

-- The server itself, so that it can have written a message. No key opens it, and it is listed nowhere.
INSERT INTO agents (name, folded, kind, role, access, description, created_at)
VALUES ('system', 'system', 'service', '', 1, 'The server itself: it tells of what is due and of what ran out.', 0);
