"""Texts that are written where nothing is shown: marked there, translated where they are shown."""

from __future__ import annotations


def mark(message: str) -> str:
    """Mark a message for translation."""
    return message


def mark_many(singular: str, plural: str) -> tuple[str, str]:
    """Mark a message in the form for one and the form for several; ``%(num)s`` in it stands for how many."""
    return singular, plural
