"""Texts that are cut to a length."""

from __future__ import annotations


def excerpt(text: str, length: int) -> str:
    """A text of at most ``length`` characters: it ends with "…" where it was longer."""
    return text if len(text) <= length else text[: length - 1] + "…"
