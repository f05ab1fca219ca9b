-- What is told of a message's parts beside its text, as JSON; NULL if it has none.
ALTER TABLE messages ADD COLUMN parts TEXT;
