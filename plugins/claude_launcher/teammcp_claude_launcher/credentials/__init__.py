"""Credentials: keys of model providers that programs are given; encrypted, never shown again."""

from __future__ import annotations

from typing import Any

OPERATIONS: list[Any] = []
