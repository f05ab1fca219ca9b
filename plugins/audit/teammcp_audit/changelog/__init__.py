"""The change log: who did what, when, from which surface, before and after."""
