"""What the team has found out: addressed by content, with contributors, history and full-text search."""
