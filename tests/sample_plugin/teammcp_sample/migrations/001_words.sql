CREATE TABLE sample_words (word TEXT PRIMARY KEY, agent TEXT NOT NULL);
