-- Messages have an index of their own for this now.
DROP INDEX messages_of_sender;
