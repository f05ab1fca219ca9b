"""Homes: where an agent lives, what it runs, by what rights, and whether it is to run."""

from __future__ import annotations

from typing import Any

OPERATIONS: list[Any] = []
