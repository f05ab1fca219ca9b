"""The values of credentials: in the store of secrets, one for each variable."""

from __future__ import annotations

import json
from collections.abc import Mapping

from teammcp import Reader, Secrets, Transaction

from . import queries


def environment(reader: Reader, store: Secrets, name: str | None) -> dict[str, str]:
    """The variables of a credential with their values; none without one.

    Raises:
        SecretUnreadable: the server has not the key that sealed one of them.
    """
    row = None if name is None else queries.credential(reader, name)
    if row is None:
        return {}
    values = {variable: store.get(reader, _place(row["name"], variable)) for variable in json.loads(row["variables"])}
    return {variable: value for variable, value in values.items() if value is not None}


def keep(tx: Transaction, store: Secrets, name: str, before: list[str], values: Mapping[str, str]) -> None:
    """Keep the values of a credential's variables, and forget those that it had ``before`` and has no more."""
    for variable in before:
        if variable not in values:
            store.delete(tx, _place(name, variable))
    for variable, value in values.items():
        store.set(tx, _place(name, variable), value)


def _place(name: str, variable: str) -> str:
    return f"credential/{name}/{variable}"
