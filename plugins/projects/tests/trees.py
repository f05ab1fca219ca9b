"""Folders full of files for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Tree = Mapping[str, Any]
"""By path: a text, bytes, or what is written as JSON. A path that ends with ``/`` is a folder."""


def grow(folder: Path, tree: Tree) -> Path:
    """Write files; the folder."""
    for name, content in tree.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder
