-- Whether an edit addressed the message to this reader. It may lie behind what the reader has acknowledged, or was shown,
-- so that no acknowledgement covers it until it was handed to the reader itself.
ALTER TABLE deliveries ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
