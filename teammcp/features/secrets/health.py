"""Whether the server can read the secrets that it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...secrets import SecretKeys
from ...server.health import Problem


class SecretsHealth:
    """The part of the server's health that tells of keys that are gone.

    Args:
        keys: the server's.
    """

    name = "secrets"

    def __init__(self, keys: SecretKeys) -> None:
        self._keys = keys

    async def problems(self) -> Iterable[Problem]:
        """The teams that hold what no key opens."""
        return [
            Problem(
                self.name,
                f"Secrets of plugins were sealed with {_named(ids)}, which this server has not. {self._keys.remedy}",
                team=team,
            )
            for team, ids in self._keys.missing.items()
            if ids
        ]

    def facts(self) -> dict[str, Any]:
        """None."""
        return {}


def _named(ids: set[str]) -> str:
    return f"the key{'s' if len(ids) > 1 else ''} {', '.join(sorted(ids))}"
