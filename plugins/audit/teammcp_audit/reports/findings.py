"""A report in the making. Its queries are reads of their own, so that a long report keeps no connection for itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..models import Section


@dataclass
class Findings:
    """Figures and tables; whoever makes a report adds to them."""

    figures: dict[str, int | float | None] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)

    def add(self, name: str, columns: Sequence[str], rows: Iterable[Any], *, finding: bool = False) -> Section:
        """Add a table; a row is anything with the columns by name."""
        table = [[row[column] for column in columns] for row in rows]
        self.sections.append(Section(name=name, columns=list(columns), rows=table, is_finding=finding))
        return self.sections[-1]

    @property
    def finding_count(self) -> int:
        """How many rows are something to look into."""
        return sum(len(section.rows) for section in self.sections if section.is_finding)
