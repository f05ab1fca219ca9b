"""What can be done with the shared state: reading it, changing it, following fields."""
