"""Turns: what agents' programs are told by their own hooks, so that no message misses the turn it is meant for."""

from __future__ import annotations

from .texts import news

__all__ = ["news"]
