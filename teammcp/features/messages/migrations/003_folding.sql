-- The index anew, as texts are folded now: vowel signs of Indic scripts, accents and final forms, Thai without spaces.
DROP TABLE message_search;
CREATE VIRTUAL TABLE message_search USING fts5 (
    content, pairs, facets, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'", columnsize = 0
);
INSERT INTO message_search (rowid, content, pairs, facets)
    SELECT m.id, spread(m.content), pairs(m.content), 'c' || lower(hex(m.channel_id)) || ' a' || lower(hex(m.sender))
        || CASE WHEN c.kind = 'group' THEN ' open' ELSE '' END || CASE WHEN m.has_file = 1 THEN ' file' ELSE '' END
    FROM messages m JOIN channels c ON c.id = m.channel_id WHERE m.deleted = 0 ORDER BY m.id;
