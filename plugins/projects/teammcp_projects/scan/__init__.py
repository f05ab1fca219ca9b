"""Finding the code bases in a folder, and what is worth saying of each. It reads files and knows no server."""

from __future__ import annotations

from .describing import as_compared
from .scanning import DEPTH, CodeBase, Scanned, scan

__all__ = ["DEPTH", "CodeBase", "Scanned", "as_compared", "scan"]
