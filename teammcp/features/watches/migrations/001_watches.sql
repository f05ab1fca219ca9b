-- Who is to be told of whom, and of what: one row for each. ``armed``: what has to come before the next occasion has
-- come. ``told_at`` and ``held``: when the watcher was told last, and of how many occasions since it was not.
CREATE TABLE watches (
    watcher TEXT NOT NULL,
    whom TEXT NOT NULL,
    what TEXT NOT NULL,
    always INTEGER NOT NULL,
    armed INTEGER NOT NULL,
    told_at INTEGER,
    held INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (watcher, whom, what)
);
CREATE INDEX watches_whom ON watches (whom);
CREATE INDEX watches_held ON watches (told_at) WHERE held > 0;
