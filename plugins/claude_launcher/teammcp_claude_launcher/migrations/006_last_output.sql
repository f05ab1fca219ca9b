-- The same of all turns of a run: its program's last output may tell of any of them.
ALTER TABLE launcher_runs ADD COLUMN all_channels TEXT;
UPDATE launcher_runs SET all_channels = channels;
