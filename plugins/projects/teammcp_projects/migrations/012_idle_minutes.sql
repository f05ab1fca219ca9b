-- idle_minutes: of an agent that was started to answer and was told to make room, the minutes without work after which
-- its program ended before, and will again; NULL where those of the launcher's settings hold.
ALTER TABLE projects_agents ADD COLUMN idle_minutes REAL DEFAULT 5.0;
