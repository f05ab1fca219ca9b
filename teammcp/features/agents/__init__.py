"""Members of a team: their profiles, keys, access levels and presence."""
