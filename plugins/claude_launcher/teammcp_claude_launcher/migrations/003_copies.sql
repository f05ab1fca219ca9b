-- Which runner has connected last with the machine's key; and the last one that was turned away because another with the
-- same key was at work: `copy_place` is where its folder lies.
ALTER TABLE launcher_machines ADD COLUMN installation TEXT NOT NULL DEFAULT '';
ALTER TABLE launcher_machines ADD COLUMN copy_place TEXT NOT NULL DEFAULT '';
ALTER TABLE launcher_machines ADD COLUMN copy_at INTEGER;
