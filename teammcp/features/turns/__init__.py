"""Turns: what agents' programs are told by their own hooks, so that no message misses the turn it is meant for."""
