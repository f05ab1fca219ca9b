"""``python -m teammcp`` is ``teammcp``."""

from __future__ import annotations

from .cli import main

main()
