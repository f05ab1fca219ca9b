"""Texts of people and models: folded, searched, fenced off, freed from what nobody sees."""
