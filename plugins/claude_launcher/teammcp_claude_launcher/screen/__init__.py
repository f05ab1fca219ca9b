"""Screens: a terminal emulator for what programs write, pictures of it, and the keys that people press.

`Emulator` is pyte's screen, hardened for what programs of today send. It costs about a second of one core per megabyte,
so whoever has a program's output feeds it in batches, not byte by byte.
"""

from __future__ import annotations

from .emulator import Emulator
from .keys import KeyName, read_keys, sequence_of, typed
from .pictures import ansi, svg

__all__ = ["Emulator", "KeyName", "ansi", "read_keys", "sequence_of", "svg", "typed"]
