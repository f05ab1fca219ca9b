"""The configuration that makes an agent's program a member of the team: what to put where, for each kind of client.

The key never stands in a file: every configuration takes it from an environment variable.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import tomlkit
from tomlkit.exceptions import TOMLKitError

from .errors import InvalidInput

Client = Literal["claude", "codex", "gemini", "opencode", "generic"]
CLIENTS: tuple[Client, ...] = get_args(Client)

KEY_VARIABLE = "TEAMMCP_KEY"
SERVER = "teammcp"
"""The name of the server's entry; clients put it before each tool's name."""
TOOL_SECONDS = 300
"""How long a tool may take: longer than `wait_for_messages` waits."""


@dataclass(frozen=True)
class ClientConfig:
    """One client's configuration.

    Attributes:
        title: the client's name for people.
        file: where it belongs, relative to `folder`.
        folder: whether that is the project's folder or the user's home; None if it is only to be shown.
        keys: the path of the entry inside the file.
        entry: what stands there.
        key_variable: the environment variable that holds the agent's key.
    """

    client: Client
    title: str
    file: str
    folder: Literal["project", "home"] | None
    keys: tuple[str, ...]
    entry: Mapping[str, Any]
    key_variable: str

    @property
    def document(self) -> dict[str, Any]:
        """The whole file, were there nothing else in it."""
        document: Any = dict(self.entry)
        for key in reversed(self.keys):
            document = {key: document}
        found: dict[str, Any] = document
        return found

    @property
    def snippet(self) -> str:
        """The whole file as text."""
        if self.file.endswith(".toml"):
            return tomlkit.dumps(self.document)
        return json.dumps(self.document, indent=2, ensure_ascii=False) + "\n"

    @property
    def place(self) -> str:
        """Where the file is, in words."""
        return {"project": f"{self.file} in the project's folder", "home": f"~/{self.file}", None: self.file}[
            self.folder
        ]


@dataclass(frozen=True)
class Written:
    """A configuration file that was written, and the copy of what stood there before, if anything did."""

    path: Path
    backup: Path | None


def configuration(client: Client, url: str, key_variable: str = KEY_VARIABLE) -> ClientConfig:
    """The configuration of one client.

    Args:
        client: one of `CLIENTS`.
        url: the server's public address, without ``/mcp``.
        key_variable: the environment variable that is to hold the agent's key.

    Raises:
        InvalidInput: there is no such client.
    """
    base = f"{url.rstrip('/')}/mcp"
    # These programs show their model the structured content if there is any. The text is shorter.
    address = f"{base}?results=text"
    bearer = f"Bearer ${{{key_variable}}}"
    if client == "claude":
        # Without alwaysLoad the tools are hidden behind a search that the model has to think of.
        entry: dict[str, Any] = {
            "type": "http",
            "url": address,
            "alwaysLoad": True,
            "headers": {"Authorization": bearer},
        }
        return ClientConfig(client, "Claude Code", ".mcp.json", "project", ("mcpServers", SERVER), entry, key_variable)
    if client == "codex":
        entry = {
            "url": address,
            "bearer_token_env_var": key_variable,
            "default_tools_approval_mode": "approve",
            "tool_timeout_sec": TOOL_SECONDS,
        }
        return ClientConfig(client, "Codex", ".codex/config.toml", "home", ("mcp_servers", SERVER), entry, key_variable)
    if client == "gemini":
        entry = {"type": "http", "url": address, "headers": {"Authorization": bearer}, "timeout": TOOL_SECONDS * 1000}
        return ClientConfig(
            client, "Gemini CLI", ".gemini/settings.json", "project", ("mcpServers", SERVER), entry, key_variable
        )
    if client == "opencode":
        bearer = f"Bearer {{env:{key_variable}}}"
        entry = {
            "type": "remote",
            "url": address,
            "enabled": True,
            "oauth": False,
            "headers": {"Authorization": bearer},
        }
        return ClientConfig(client, "opencode", "opencode.json", "project", ("mcp", SERVER), entry, key_variable)
    if client == "generic":
        entry = {"type": "http", "url": base, "headers": {"Authorization": bearer}}
        return ClientConfig(
            client, "any MCP client", "its configuration file", None, ("mcpServers", SERVER), entry, key_variable
        )
    raise InvalidInput(
        f"client: there is no client '{client}'. Choose one of {', '.join(CLIENTS)}.",
        errors=[{"field": "client", "message": f"must be one of {', '.join(CLIENTS)}"}],
    )


def render(client: Client, url: str, key_variable: str = KEY_VARIABLE) -> str:
    """What to do, for a person: the configuration and where it goes. Without the key itself.

    Raises:
        InvalidInput: there is no such client.
    """
    config = configuration(client, url, key_variable)
    lines = [f"For {config.title}, put this into {config.place}:", "", config.snippet]
    if config.folder is None:
        stdio = {
            "command": "teammcp",
            "args": ["connect"],
            "env": {"TEAMMCP_URL": url, key_variable: f"${{{key_variable}}}"},
        }
        lines += ["If it speaks to programs only (stdio), this:", "", _json({"mcpServers": {SERVER: stdio}})]
    lines.append(f"Start it with the key in the environment variable {key_variable}.")
    return "\n".join(lines) + "\n"


def write(
    client: Client, url: str, project: Path, key_variable: str = KEY_VARIABLE, *, home: Path | None = None
) -> Written:
    """Put the entry into the client's own file; everything else in the file stays, and a copy of it is kept.

    Args:
        client: one of `CLIENTS` except ``generic``.
        url: the server's public address, without ``/mcp``.
        project: the folder the agent works in.
        key_variable: the environment variable that is to hold the agent's key.
        home: the user's home, for tests.

    Raises:
        InvalidInput: no such client, one without a known file, or a file that is not what it should be.
    """
    config = configuration(client, url, key_variable)
    if config.folder is None:
        raise InvalidInput("client: 'generic' has no file of its own; its configuration can only be shown.")
    path = _path(config, project, home or Path.home())
    before = path.read_text("utf-8") if path.exists() else None
    after = _merged(config, path, before or "")
    if after == before:
        return Written(path, None)
    path.parent.mkdir(parents=True, exist_ok=True)
    backup = None
    if before is not None:
        backup = path.with_name(path.name + ".bak")
        shutil.copy2(path, backup)
    path.write_text(after, "utf-8")
    return Written(path, backup)


def _path(config: ClientConfig, project: Path, home: Path) -> Path:
    if config.client == "codex" and (folder := os.environ.get("CODEX_HOME")):
        return Path(folder) / "config.toml"
    return (project if config.folder == "project" else home) / config.file


def _merged(config: ClientConfig, path: Path, text: str) -> str:
    toml = path.suffix == ".toml"
    try:
        document: Any = tomlkit.parse(text) if toml else json.loads(text or "{}")
    except (TOMLKitError, ValueError) as error:
        raise InvalidInput(
            f"{path} cannot be read as {'TOML' if toml else 'JSON'}, so it was left alone: {error}. "
            f"Put this into it yourself:\n{config.snippet}"
        ) from None
    place = document
    for key in config.keys[:-1]:
        place = _table(place, path).setdefault(key, {})
    _table(place, path)[config.keys[-1]] = config.entry
    return tomlkit.dumps(document) if toml else _json(document)


def _table(value: Any, path: Path) -> MutableMapping[str, Any]:
    if not isinstance(value, MutableMapping):
        raise InvalidInput(f"{path} has another shape than this client's file should have, so it was left alone.")
    return value


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
