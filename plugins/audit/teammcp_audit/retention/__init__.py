"""Old events go to an archive, and only then out of the log."""
