"""The configuration that makes an agent's program a member of the team: what to put where, for each kind of client.

The key never stands in a file: every configuration takes it from an environment variable, or names the private file
that holds it where a program cannot do that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from ..errors import InvalidInput
from ..net.addresses import MCP_PATH
from ..waking.codex_programs import codex_home
from .changes import Change, joining
from .documents import Format
from .parts import Entry
from .places import place_of

Client = Literal["claude", "codex", "gemini", "opencode", "claude-desktop", "cursor", "vscode", "qwen", "generic"]
CLIENTS: tuple[Client, ...] = get_args(Client)

KEY_VARIABLE = "TEAMMCP_KEY"
KEY_FILE = "the file that holds the key"
"""What stands for the file's path where a configuration is only shown."""
SERVER = "teammcp"
"""The name of the server's entry; clients put it before each tool's name."""
EVERYDAY, ALL = "everyday", "all"
"""The tools that agents use at work, and all there are."""
TOOL_SECONDS = 300
"""How long a tool may take: longer than `wait_for_messages` waits."""
TUNED = frozenset({"timeout", "tool_timeout_sec", "default_tools_approval_mode", "alwaysLoad"})
"""What of an entry is only proposed: where a user has chosen something else, that stays."""
FORMS: dict[str, Format] = {
    "codex": "toml",
    **dict.fromkeys(("gemini", "opencode", "cursor", "vscode", "qwen"), "jsonc"),
}
"""How a client's file is written; Claude's programs read plain JSON only."""


@dataclass(frozen=True)
class ClientConfig:
    """One client's configuration.

    Attributes:
        title: the client's name for people.
        file: where it belongs, relative to `folder`.
        folder: whether that is the project's folder or the user's home; None if it is only to be shown.
        keys: the path of the entry inside the file.
        entry: what stands there.
        key_variable: the environment variable that holds the agent's key; None if the entry names a file.
    """

    client: Client
    title: str
    file: str
    folder: Literal["project", "home"] | None
    keys: tuple[str, ...]
    entry: Mapping[str, Any]
    key_variable: str | None

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
            import tomlkit

            return tomlkit.dumps(self.document)
        return json.dumps(self.document, indent=2, ensure_ascii=False) + "\n"

    @property
    def place(self) -> str:
        """Where the file is, in words."""
        return {"project": f"{self.file} in the project's folder", "home": f"~/{self.file}", None: self.file}[
            self.folder
        ]

    def part(self, project: Path, home: Path) -> Entry:
        """The entry as a part of the client's own file.

        Raises:
            InvalidInput: the client has no known file, or it is a link that leads elsewhere.
        """
        if self.folder is None:
            raise InvalidInput("client: 'generic' has no file of its own; its configuration can only be shown.")
        root, file = (project if self.folder == "project" else home), self.file
        if self.client == "codex":
            root, file = codex_home(home), "config.toml"
        form = FORMS.get(self.client, "json")
        return Entry(place_of(root / file, root), self.keys, self.entry, form, TUNED, leads_to_team)


@dataclass(frozen=True)
class Written:
    """A configuration file that was written, and the copy of what stood there before, if anything did."""

    path: Path
    backup: Path | None


def configuration(
    client: Client, url: str, key_variable: str = KEY_VARIABLE, *, key_file: str = KEY_FILE, tools: str = EVERYDAY
) -> ClientConfig:
    """The configuration of one client.

    Args:
        client: one of `CLIENTS`.
        url: the server's public address, without ``/mcp``.
        key_variable: the environment variable that is to hold the agent's key.
        key_file: the private file that holds it, for a client that takes nothing from the environment.
        tools: the profiles and tools that the client asks for, with commas between, or `ALL`.

    Raises:
        InvalidInput: there is no such client.
    """
    if client not in CLIENTS:
        choices = ", ".join(CLIENTS)
        detail = f"client: there is no client '{client}'. Choose one of {choices}."
        raise InvalidInput.at("client", f"must be one of {choices}", detail=detail)
    base = url.rstrip("/")
    if client == "claude-desktop":  # it starts programs only, and hands on nothing of its environment
        asked = base if tools == ALL else f"{base}?tools={tools}"
        entry = {"command": "teammcp", "args": ["connect", "--url", asked, "--key-file", key_file]}
        return ClientConfig(client, "Claude Desktop", _desktop_file(), "home", ("mcpServers", SERVER), entry, None)
    title, file, keys, make = _HTTP[client]
    folder: Literal["project", "home"] | None = {"codex": "home", "generic": None}.get(client, "project")
    # All but a program of somebody's own show their model the structured content if there is any. The text is shorter.
    chosen = "" if tools == ALL else f"&tools={tools}"
    address = f"{base}/mcp" if client == "generic" else f"{base}/mcp?results=text{chosen}"
    return ClientConfig(client, title, file, folder, keys, make(address, key_variable), key_variable)


def _desktop_file() -> str:
    folder = {"darwin": "Library/Application Support/Claude", "win32": "AppData/Roaming/Claude"}.get(sys.platform)
    return f"{folder or '.config/Claude'}/claude_desktop_config.json"


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _claude(url: str, variable: str) -> dict[str, Any]:
    # Without alwaysLoad the tools are hidden behind a search that the model has to think of.
    return {"type": "http", "url": url, "alwaysLoad": True, "headers": _bearer(f"${{{variable}}}")}


def _codex(url: str, variable: str) -> dict[str, Any]:
    return {
        "url": url,
        "bearer_token_env_var": variable,
        "default_tools_approval_mode": "approve",
        "tool_timeout_sec": TOOL_SECONDS,
    }


def _gemini(url: str, variable: str) -> dict[str, Any]:
    return {"type": "http", "url": url, "headers": _bearer(f"${{{variable}}}"), "timeout": TOOL_SECONDS * 1000}


def _opencode(url: str, variable: str) -> dict[str, Any]:
    headers = _bearer(f"{{env:{variable}}}")
    return {"type": "remote", "url": url, "enabled": True, "oauth": False, "headers": headers}


def _cursor(url: str, variable: str) -> dict[str, Any]:
    return {"url": url, "headers": _bearer(f"${{env:{variable}}}")}


def _vscode(url: str, variable: str) -> dict[str, Any]:
    return {"type": "http", "url": url, "headers": _bearer(f"${{env:{variable}}}")}


def _qwen(url: str, variable: str) -> dict[str, Any]:
    return {"httpUrl": url, "headers": _bearer(f"${{{variable}}}"), "timeout": TOOL_SECONDS * 1000}


def _generic(url: str, variable: str) -> dict[str, Any]:
    return {"type": "http", "url": url, "headers": _bearer(f"${{{variable}}}")}


_HTTP: dict[str, tuple[str, str, tuple[str, ...], Callable[[str, str], dict[str, Any]]]] = {
    "claude": ("Claude Code", ".mcp.json", ("mcpServers", SERVER), _claude),
    "codex": ("Codex", ".codex/config.toml", ("mcp_servers", SERVER), _codex),
    "gemini": ("Gemini CLI", ".gemini/settings.json", ("mcpServers", SERVER), _gemini),
    "opencode": ("opencode", "opencode.json", ("mcp", SERVER), _opencode),
    "cursor": ("Cursor", ".cursor/mcp.json", ("mcpServers", SERVER), _cursor),
    "vscode": ("VS Code", ".vscode/mcp.json", ("servers", SERVER), _vscode),
    "qwen": ("Qwen Code", ".qwen/settings.json", ("mcpServers", SERVER), _qwen),
    "generic": ("any MCP client", "its configuration file", ("mcpServers", SERVER), _generic),
}
"""Of the clients that speak HTTP: title, file, the entry's keys in it, and the entry."""


def address_in(entry: Any) -> str | None:
    """The server's address in a client's entry; None if it is not one that leads to a team."""
    if not isinstance(entry, Mapping):
        return None
    address = entry.get("url") or entry.get("httpUrl")
    if isinstance(address, str):
        try:
            return address if urlsplit(address).path.rstrip("/").endswith(MCP_PATH) else None
        except ValueError:
            return None
    arguments = entry.get("args")
    if not isinstance(arguments, list) or arguments[:1] != ["connect"] or "--url" not in arguments[:-1]:
        return None
    return str(arguments[arguments.index("--url") + 1])


def leads_to_team(entry: Any) -> bool:
    """Whether an entry of our name in a client's file is ours, and not another program that somebody calls so."""
    return address_in(entry) is not None


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
    if config.key_variable is not None:
        lines.append(f"Start it with the key in the environment variable {config.key_variable}.")
    return "\n".join(lines) + "\n"


def change_for(
    client: Client, url: str, project: Path, key_variable: str = KEY_VARIABLE, *, home: Path | None = None
) -> tuple[Path, Change | None]:
    """The client's own file, and what has to be changed in it so that the entry is there; None if it is there already.

    Args:
        client: one of `CLIENTS` except ``generic``, and except those that have to be told of a key file.
        url: the server's public address, without ``/mcp``.
        project: the folder the agent works in.
        key_variable: the environment variable that is to hold the agent's key.
        home: the user's home, for tests.

    Raises:
        InvalidInput: no such client, one without a known file, or a file that is not what it should be.
    """
    config = configuration(client, url, key_variable)
    if config.key_variable is None:
        raise InvalidInput(f"client: '{client}' needs the key in a file; use 'teammcp join', which keeps one.")
    part = config.part(project, home or Path.home())
    return part.path, next(iter(joining([part])), None)


def write(
    client: Client, url: str, project: Path, key_variable: str = KEY_VARIABLE, *, home: Path | None = None
) -> Written:
    """Put the entry into the client's own file; everything else in the file stays, and a copy of it is kept.

    Args:
        client: as the others, see `change_for`.
        url: the server's public address, without ``/mcp``.
        project: the folder the agent works in.
        key_variable: the environment variable that is to hold the agent's key.
        home: the user's home, for tests.

    Raises:
        InvalidInput: as `change_for`, or the file cannot be written.
    """
    path, change = change_for(client, url, project, key_variable, home=home)
    return Written(path, None if change is None else change.apply())


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
