"""Texts that are written where nothing is shown: marked there, translated where they are shown."""

from __future__ import annotations


def mark(message: str) -> str:
    """Mark a message for translation."""
    return message
