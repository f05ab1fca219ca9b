"""Which back end keeps the data is known to `teammcp.storage` alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STORAGE = ROOT / "teammcp" / "storage"
BACK_ENDS = {"aiosqlite", "filelock", "psycopg", "sqlite3"}
NOT_OF_A_SERVER = {
    "plugins/claude_launcher/teammcp_claude_launcher/runner/command.py": ["filelock"],
    "teammcp/waking/lock.py": ["filelock", "filelock"],
}
"""What is about another process: one runner at a time works in its folder, and one helper wakes a session, each on the
disk of its machine."""
OF_A_BACK_END = re.compile(r"sqlite_(master|sequence|schema)|\bPRAGMA\b|\bteam\.db\b|\brmtree\b", re.IGNORECASE)


def sources() -> list[Path]:
    """The code of the product, its plugins and themes, but for storage itself."""
    folders = [ROOT / "teammcp", *ROOT.glob("plugins/*/teammcp_*"), *ROOT.glob("themes/*/teammcp_*")]
    found = [path for folder in folders for path in folder.rglob("*.py")]
    return sorted(path for path in found if STORAGE not in path.parents)


def faults(source: str) -> Iterator[str]:
    """What in some code belongs to a back end: its modules, its words in texts and names."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in BACK_ENDS)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            if node.module.split(".")[0] in BACK_ENDS or re.search(r"(^|\.)storage\.sqlite", node.module):
                yield node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and OF_A_BACK_END.search(node.value):
            yield node.value
        elif isinstance(node, ast.Attribute) and OF_A_BACK_END.search(node.attr):
            yield node.attr


def test_nothing_outside_of_storage_knows_the_back_end() -> None:
    found = {str(path.relative_to(ROOT)): list(faults(path.read_text("utf-8"))) for path in sources()}
    assert {path: names for path, names in found.items() if names} == NOT_OF_A_SERVER
    assert len(found) > 300


@pytest.mark.parametrize(
    "source",
    [
        "import sqlite3",
        "from sqlite3 import connect",
        "from ..storage.sqlite.database import SqliteDatabase",
        "path = folder / 'team.db'",
        "sql = 'SELECT seq FROM sqlite_sequence'",
        "shutil.rmtree(folder)",
    ],
)
def test_what_belongs_to_a_back_end_is_noticed(source: str) -> None:
    assert list(faults(source))
