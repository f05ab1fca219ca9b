"""`Secrets`: what one plugin keeps secret in one team."""

from __future__ import annotations

from typing import Protocol

from pydantic import SecretStr

from ..errors import InvalidInput
from ..storage import Reader, Transaction
from . import queries
from .events import SecretDeleted, SecretEvent, SecretSet
from .keys import SecretKeys, SecretUnreadable

LONGEST_NAME = 200
LARGEST = 64 * 1024
"""Characters of a secret."""


class Note(Protocol):
    """Appends an event of a change, in the transaction that makes it."""

    def __call__(self, tx: Transaction, event: SecretEvent) -> None:
        """Append ``event``."""
        ...


class Secrets:
    """The secrets of a plugin in a team, by name: ``context.secrets("my-plugin")``.

    All methods run where there is a transaction: ``await context.read(secrets.get, "token")`` reads, and
    ``secrets.set(tx, "token", value)`` writes inside an operation's work. That a secret was changed is an event; what
    it holds stands in no event, log or result of the server's. See that it stands in none of yours.
    """

    def __init__(self, keys: SecretKeys, team: str, plugin: str, now: int, note: Note) -> None:
        self._keys = keys
        self._team = team
        self._plugin = plugin
        self._now = now
        self._note = note

    def get(self, reader: Reader, name: str) -> str | None:
        """A secret, or None if there is none of that name.

        Raises:
            SecretUnreadable: there is one, and the server has not the key that sealed it.
        """
        row = queries.find(reader, self._plugin, name)
        if row is None:
            return None
        key = self._keys.find(row["key_id"])
        what = f"The secret '{name}' of the plugin '{self._plugin}'"
        if key is None:
            raise SecretUnreadable(
                f"{what} was sealed with the key {row['key_id']}, which this server has not. {self._keys.remedy}"
            )
        value = key.open(row["sealed"], self._place(name))
        if value is None:
            raise SecretUnreadable(
                f"{what} was sealed for another team, plugin or name, or has been changed since. Enter it anew."
            )
        return value

    def names(self, reader: Reader) -> list[str]:
        """The names of all of them."""
        return queries.names(reader, self._plugin)

    def set(self, tx: Transaction, name: str, value: str | SecretStr) -> None:
        """Keep a secret, in place of an earlier one of that name.

        Raises:
            InvalidInput: the name or the value is too long, or the name holds a control character.
            SecretUnreadable: the key with which this server has sealed others is gone.
        """
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise InvalidInput(f"name: a secret's name has 1 to {LONGEST_NAME} characters that can be seen.")
        if len(text) > LARGEST:
            raise InvalidInput(f"A secret has at most {LARGEST} characters.")
        key = self._keys.newest()
        queries.put(tx, self._plugin, name, key.id, key.seal(text, self._place(name)), self._now)
        self._note(tx, SecretSet(plugin=self._plugin, name=name))

    def delete(self, tx: Transaction, name: str) -> bool:
        """Forget a secret; whether there was one."""
        found = queries.delete(tx, self._plugin, name)
        if found:
            self._note(tx, SecretDeleted(plugin=self._plugin, name=name))
        return found

    def _place(self, name: str) -> bytes:
        return place(self._team, self._plugin, name)


def place(team: str, plugin: str, name: str) -> bytes:
    """What a secret is bound to."""
    return "\0".join((team, plugin, name)).encode()


def renew(tx: Transaction, keys: SecretKeys, team: str) -> int:
    """Seal with the newest key whatever an older one has sealed that is still there; how many that were."""
    newest, count = keys.newest(), 0
    for key_id in queries.key_ids(tx) - {newest.id}:
        key = keys.find(key_id)
        for row in queries.sealed_with(tx, key_id) if key is not None else ():
            bound = place(team, row["plugin"], row["name"])
            value = None if key is None else key.open(row["sealed"], bound)
            if value is not None:
                queries.reseal(tx, row["plugin"], row["name"], newest.id, newest.seal(value, bound))
                count += 1
    return count
