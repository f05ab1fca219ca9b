"""Making an agent's program a member of the team, and undoing it: which parts go into which files, and the changes."""
