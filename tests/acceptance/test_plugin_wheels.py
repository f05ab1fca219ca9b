"""Each plugin of this repository comes and goes: its wheel beside the core's, in an environment of nothing else."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parent.parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
FIRST_CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "approvals": ("get_pending_approvals", {}),
    "audit": ("get_changelog", {}),
    "claude_launcher": ("make_join_token", {}),
    "email": ("get_email_address", {}),
    "knowledge": ("post_knowledge", {"title": "Ports", "body": "3100 is ours.", "tags": ["net"]}),
    "projects": ("add_project", {"name": "backend", "folders": [{"folder": "/srv/backend"}]}),
    "push": ("get_push_key", {}),
}
"""What one does first with each: an operation, and its arguments."""


class Environment:
    """A virtual environment that has what TeamMCP needs, and of TeamMCP what a test installs into it."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.python = folder / "bin" / "python"
        site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        for found in Path(sysconfig.get_path("purelib")).iterdir():
            if not found.name.startswith(("teammcp", "_editable_impl_teammcp", "__pycache__")):
                (site / found.name).symlink_to(found)

    def install(self, wheel: Path) -> None:
        """Install a wheel."""
        subprocess.run(
            [*PIP, "--python", str(self.python), "install", "--no-deps", "--no-index", str(wheel)], check=True
        )

    def uninstall(self, distribution: str) -> None:
        """Remove a distribution."""
        subprocess.run([*PIP, "--python", str(self.python), "uninstall", "--yes", distribution], check=True)


def build(project: Path, folder: Path) -> Path:
    """The wheel of a project."""
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(project)]
    subprocess.run(command, check=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core's wheel."""
    return build(ROOT, tmp_path_factory.mktemp("core"))


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_it_comes_and_goes(plugin: Path, core: Path, tmp_path: Path) -> None:
    operation, arguments = FIRST_CALLS[plugin.name]
    environment = Environment(tmp_path / "environment")
    environment.install(core)
    server = LiveServer(tmp_path / "home", python=environment.python, disabled_plugins="[]").start()
    try:
        owner = server.register("owner", kind="human")
        assert call(server, owner, operation, arguments).status_code == 404
        server.stop()
        core_tables = tables(server)

        environment.install(build(plugin, tmp_path / "wheel"))
        server.start()
        answer = call(server, owner, operation, arguments)
        assert answer.status_code < 300, answer.text
        assert state_of(environment, server, plugin.name) == "active"
        server.stop()
        kept = {
            name: rows
            for name, rows in tables(server).items()
            if name not in core_tables or (name == "secrets" and rows)
        }
        assert kept

        environment.uninstall(f"teammcp-{plugin.name}".replace("_", "-"))
        server.start()
        assert call(server, owner, operation, arguments).status_code == 404
        assert call(server, owner, "send_message", {"channel": "general", "content": "still here"}).status_code == 200
        server.stop()
        left = tables(server)
        assert {name: left[name] for name in kept} == kept  # for when it is installed again
    finally:
        server.stop()


def tables(server: LiveServer) -> dict[str, list[Any]]:
    """Everything in the team's database, by table; the server has stopped."""
    with contextlib.closing(sqlite3.connect(server.home / "teams" / "default" / "team.db")) as connection:
        plain = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        names = connection.execute(plain).fetchall()
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}  # noqa: S608


def call(server: LiveServer, key: str, operation: str, arguments: dict[str, Any]) -> httpx2.Response:
    """Call an operation by its name."""
    with server.client(key) as client:
        return client.post(f"/api/call/{operation}", json=arguments)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_its_page_in_an_index_says_what_one_needs(plugin: Path) -> None:
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]
    assert 40 < len(project["description"]) < 200
    assert project["license-files"] == ["LICENSE"]
    assert (plugin / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert {"Typing :: Typed", "Development Status :: 4 - Beta"} <= set(project["classifiers"])
    assert "teammcp" in project["keywords"]
    readme = (plugin / project["readme"]).read_text()
    assert f"pip install teammcp[{project['name'].removeprefix('teammcp-')}]" in readme.replace('"', "")
    pages = re.findall(r"docs/[a-z]+\.md", readme)
    assert pages
    assert [page for page in pages if not (ROOT / page).exists()] == []
    assert "](.." not in readme  # such a link leads nowhere in an index


def state_of(environment: Environment, server: LiveServer, name: str) -> str:
    """What ``teammcp plugin list`` says of a plugin."""
    command = [str(environment.python), "-m", "teammcp", "plugin", "list"]
    listed = subprocess.run(
        command, env=server.environment, cwd=server.home.parent, capture_output=True, text=True, check=True
    )
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith(f"{name} ")]
    return line.split()[2]
