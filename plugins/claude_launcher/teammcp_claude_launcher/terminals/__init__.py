"""Terminals: screens of agents' programs, to be looked at and typed into."""

from __future__ import annotations

from typing import Any

from teammcp import Route, WebSocketRoute

OPERATIONS: list[Any] = []
ROUTES: list[Route | WebSocketRoute] = []
