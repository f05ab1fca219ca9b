"""Secrets of plugins: which there are, and whether the server has the keys to them."""

from __future__ import annotations
