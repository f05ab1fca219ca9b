"""What the plugin keeps in memory for each team: its rules, and the next number of an approval."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from teammcp import Row, StateKey, Team

from .models import StoredRule
from .requests import queries
from .rules import queries as rule_queries
from .settings import ApprovalSettings, PermissionRule, Rule

_rule: TypeAdapter[Rule | PermissionRule] = TypeAdapter(Rule | PermissionRule)


@dataclass
class Memory:
    """Of one team. It is changed in the event loop; works may read the rules, which are replaced and not changed."""

    last_id: int
    rules: list[StoredRule]
    """Those of the settings file first: they cannot be changed while the server runs."""
    prompts: Counter[str] = field(default_factory=Counter)
    """How many permission prompts of each agent wait for a person."""
    awaited: Counter[int] = field(default_factory=Counter)
    """How many calls wait for the answer to each permission prompt, and will hand it to whoever asked."""

    def next_id(self) -> int:
        """A number for a new approval, given out before it is stored so that the messages stored with it can name it.

        One that is not used leaves a gap, which harms nobody.
        """
        self.last_id += 1
        return self.last_id

    def add(self, rule: StoredRule) -> None:
        """Go by a rule from now on."""
        self.rules = [*self.rules, rule]

    def drop(self, rule_id: int) -> None:
        """Forget a rule."""
        self.rules = [each for each in self.rules if each.id != rule_id]


MEMORY: StateKey[Memory] = StateKey("approvals.memory")


def of(team: Team) -> Memory:
    """The memory of a team that is open."""
    return team.state[MEMORY]


async def load(team: Team) -> None:
    """Fill the memory of a team when it is opened."""
    settings: ApprovalSettings = team.server.plugins.settings["approvals"]  # type: ignore[assignment]
    written = [*settings.rules, *settings.permission_rules]
    rules = [StoredRule(id=None, rule=rule, created_by=None, created_at=None) for rule in written]
    known = team.state[MEMORY] = Memory(await team.database.read(queries.last_id), rules)
    for row in await team.database.read(rule_queries.rules):
        known.add(stored_rule(row))


def stored_rule(row: Row) -> StoredRule:
    """A rule, as its row says."""
    rule = _rule.validate_python(json.loads(row["rule"]))
    return StoredRule(id=row["id"], rule=rule, created_by=row["created_by"], created_at=row["created_at"])
