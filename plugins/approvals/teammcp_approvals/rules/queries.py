"""SQL of the rules that were made on the page."""

from __future__ import annotations

from typing import Any

from teammcp import Reader, Transaction

Row = Any


def rules(reader: Reader) -> list[Row]:
    """All rules, oldest first. There are few, and they are read once, when a team is opened."""
    return reader.all("SELECT id, rule, created_by, created_at FROM approval_rules ORDER BY id")


def rule(reader: Reader, rule_id: int) -> Row | None:
    """One rule."""
    return reader.one("SELECT id, rule, created_by, created_at FROM approval_rules WHERE id = ?", (rule_id,))


def add_rule(tx: Transaction, rule: str, by: str, at: int) -> int:
    """Add a rule; its id."""
    return tx.insert("INSERT INTO approval_rules (rule, created_by, created_at) VALUES (?, ?, ?)", (rule, by, at))


def delete_rule(tx: Transaction, rule_id: int) -> bool:
    """Delete a rule; False if there is none."""
    return bool(tx.execute("DELETE FROM approval_rules WHERE id = ?", (rule_id,)))
