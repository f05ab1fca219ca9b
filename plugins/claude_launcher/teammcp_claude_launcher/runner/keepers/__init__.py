"""Keepers: they run agents' programs, deliver messages to them, watch them, and see to what follows from an end."""

from .keepers import Keepers

__all__ = ["Keepers"]
