-- The index anew, as texts are folded now.
DROP TABLE knowledge_search;
CREATE VIRTUAL TABLE knowledge_search USING fts5 (
    content, pairs, facets, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'", columnsize = 0
);
INSERT INTO knowledge_search (rowid, content, pairs, facets)
    SELECT f.id, spread(f.title) || '  ' || spread(f.body), pairs(f.title) || ' 0 ' || pairs(f.body),
        trim(coalesce((SELECT group_concat('t' || lower(hex(t.value)), ' ') FROM json_each(f.tags) t), '') || ' '
        || coalesce((SELECT group_concat('a' || lower(hex(c.agent)), ' ')
            FROM knowledge_contributors c WHERE c.finding_id = f.id), ''))
    FROM knowledge_findings f WHERE f.retracted = 0 ORDER BY f.id;
