"""What can be done with members of the team."""
