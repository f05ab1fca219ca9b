-- What a member has uploaded within a day is counted at each upload.
CREATE INDEX files_uploader ON files (uploaded_by, created_at, size);
