"""Budgets: what an agent may send and spend in a day."""
