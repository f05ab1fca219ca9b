"""Runtimes for programs that speak the Agent Client Protocol."""

from .programs import PROGRAMS
from .runtime import AcpOptions, AcpRuntime

__all__ = ["PROGRAMS", "AcpOptions", "AcpRuntime"]
