"""Operations: each thing that can be done, defined once, called in one way by every surface."""

from ..registry import IDEM_KEY, Operation, Registry, Result, operation
from .calling import CallDeferred, Context, Prepared, Surface, authorise, call, enter, enter_as, invalid_input

__all__ = [
    "IDEM_KEY",
    "CallDeferred",
    "Context",
    "Operation",
    "Prepared",
    "Registry",
    "Result",
    "Surface",
    "authorise",
    "call",
    "enter",
    "enter_as",
    "invalid_input",
    "operation",
]
