-- Which way the change came: mcp, rest, page, plugin; null for what was written before this was kept.
ALTER TABLE events ADD COLUMN surface TEXT;
