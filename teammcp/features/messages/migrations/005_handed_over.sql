-- What is handed over has not arrived yet: when, by which way and to which readers it was, each a short mark, the last
-- one last. It is offered once a reader gives a sign of having it.
ALTER TABLE deliveries ADD COLUMN handed_at INTEGER;
ALTER TABLE deliveries ADD COLUMN handed_by TEXT;
ALTER TABLE deliveries ADD COLUMN handed_to TEXT NOT NULL DEFAULT '';
