"""What a newcomer needs to know, in one call and within a budget."""
