"""The keys of the agents that joined from this machine: one private file each, outside of every project.

A key is bound to the origin that it was made for (scheme, host and port): it lies in that origin's folder, and is sent
nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from platformdirs import user_config_path
from pydantic import TypeAdapter, ValidationError

from ..arguments.fields import AgentName
from ..errors import InvalidInput
from ..keys import LONGEST, key_from_file
from ..machine.files import Staged, private_folder
from ..net.addresses import ServerAddress

_NAME: TypeAdapter[str] = TypeAdapter(AgentName)


def key_file(url: str, name: str) -> Path:
    """Where the key of an agent at a server is kept.

    Raises:
        InvalidInput: no agent can have this name, or the address is none.
    """
    try:
        name = _NAME.validate_python(name)
    except ValidationError as error:
        raise InvalidInput(f"name: {error.errors()[0]['msg'].removeprefix('Value error, ')}.") from None
    return _folder(url) / f"{name}.key"


def _folder(url: str) -> Path:
    scheme, _, place = ServerAddress.parse(url).origin.partition("://")
    host, _, port = place.strip("[").replace("]", "").rpartition(":")
    return user_config_path("teammcp") / "keys" / f"{'https_' if scheme == 'https' else ''}{quote(host)}_{port}"


def kept_key(path: Path) -> str | None:
    """The key in a file, if it is there.

    Raises:
        InvalidInput: the file cannot be read, or holds something else.
    """
    return key_from_file(path)


def kept_keys(url: str) -> set[str]:
    """All keys that are kept for a server's origin, of whichever agent."""
    return {key for path in _folder(url).glob("*.key") if (key := key_from_file(path))}


class KeyPlace:
    """The room for an agent's key, taken before the key is made: a key is told only once.

    Raises:
        InvalidInput: there is no room, or no permission.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            private_folder(path.parent)
            self._staged = Staged(path, b" " * (LONGEST + 1))
        except OSError as error:
            raise InvalidInput(f"{path} cannot be written: {error.strerror}. Nothing was done.") from None

    def keep(self, key: str) -> None:
        """Write the key into its place, readable by its owner alone."""
        self._staged.rewrite(f"{key}\n".encode())
        self._staged.commit()

    def give_up(self) -> None:
        """Give the room back, where no key came; nothing happens to one that is kept."""
        self._staged.discard()
