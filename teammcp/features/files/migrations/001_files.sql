CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    parent_id INTEGER REFERENCES folders (id),
    name TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- Two folders side by side never have the same name; NULL would never equal NULL.
CREATE UNIQUE INDEX folders_name ON folders (channel, COALESCE(parent_id, 0), name);
CREATE INDEX folders_parent ON folders (parent_id);

-- A file without a channel is its uploader's alone.
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    mime_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    channel TEXT,
    folder_id INTEGER REFERENCES folders (id),
    uploaded_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE INDEX files_channel ON files (channel, id);
CREATE INDEX files_folder ON files (folder_id, id);
CREATE INDEX files_root ON files (channel, id) WHERE folder_id IS NULL;
CREATE INDEX files_private ON files (uploaded_by, id) WHERE channel IS NULL;
CREATE INDEX files_sha256 ON files (sha256);

CREATE TABLE file_messages (
    message_id INTEGER NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (message_id, file_id)
) WITHOUT ROWID;

CREATE INDEX file_messages_file ON file_messages (file_id);
