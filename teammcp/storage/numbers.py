"""Numbers for what has to have one before it is stored, such as a task that a message to its assignee names."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Database, Transaction


@dataclass(frozen=True)
class NumberSeries:
    """The numbers of one kind of thing: each is given once, greater than all before it.

    Attributes:
        table: holds the last number that was given: one row, with the column ``last``.
    """

    table: str

    def next(self, tx: Transaction) -> int:
        """The next number, for what is stored in the same transaction."""
        tx.execute(f"UPDATE {self.table} SET last = last + 1")  # noqa: S608 - from the code of features
        return int(tx.value(f"SELECT last FROM {self.table}"))  # noqa: S608

    async def reserve(self, database: Database) -> int:
        """The next number, for what is stored later, or never: the number is then never given again."""
        return await database.write(self.next)
