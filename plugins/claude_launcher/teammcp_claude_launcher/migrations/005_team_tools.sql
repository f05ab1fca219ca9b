-- A turn of the run was over, and its program, which is given the team's tools, had not asked for them.
ALTER TABLE launcher_runs ADD COLUMN lacks_tools INTEGER NOT NULL DEFAULT 0;
