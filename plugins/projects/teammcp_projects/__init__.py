"""The code bases of a team: which there are, who works in each, and what it offers the others."""
