"""Runs: each life of an agent's program, from its start to its end with a reason, and what it did."""

from __future__ import annotations

from typing import Any

OPERATIONS: list[Any] = []
