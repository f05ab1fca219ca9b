"""Programs that stand in for real ones in tests: they speak the same protocols, and do what they are told."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def install(name: str, folder: Path) -> Path:
    """Put a stand-in into a folder for programs, under the name of the program that it stands in for."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    script = Path(__file__).with_name(f"{name}.py")
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"\n', "utf-8")
    program.chmod(0o755)
    return program
