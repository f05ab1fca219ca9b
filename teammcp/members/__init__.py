"""Who is in a team: the directory, presence, and whether what was handed to somebody has arrived."""
