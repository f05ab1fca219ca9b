"""What changed in the shared state since a member last knew it, and the rule that one has to look first."""
