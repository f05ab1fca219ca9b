"""Waking: a short line that is put into the idle session of an agent's program, so that it takes up what waits for it.

The server says when to ring and hears whether that was of use; the line itself is written by a helper beside the
program, ``teammcp wake``. A ring delivers nothing: the program's own hooks bring the messages, or, where it has none
for that, the line brings them and the program shows that it has them.
"""

from __future__ import annotations

from .models import Wake

__all__ = ["Wake"]
