"""Directives, from one member to another and back with a result; and what agents put out while they work."""
