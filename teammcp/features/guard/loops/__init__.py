"""Loops: agents that keep each other, or themselves, busy are stopped."""
