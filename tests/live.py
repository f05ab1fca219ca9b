"""A real server process, for tests that need one: real sockets, real signals, real restarts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2

from teammcp.keys import hash_key, new_admin_key, write_private
from teammcp.testing import NO_GUARD, all_plugins_but

START_SECONDS = 60
LOOK = {"theme-base"}
"""What is always there of what is installed."""


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(home: Path, **settings: Any) -> dict[str, str]:
    """This process's environment with these TeamMCP settings alone; without a word on it, no plugin but the look.

    What is started keeps its bytecode, so that not every start compiles everything anew.
    """
    settings.setdefault("disabled_plugins", json.dumps(all_plugins_but(LOOK)))
    unwanted = ("TEAMMCP_", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    environment |= {f"TEAMMCP_{key.upper()}": str(value) for key, value in settings.items()}
    return {**environment, "TEAMMCP_HOME": str(home)}


class LiveServer:
    """``teammcp start`` as a process. Restarted, it keeps its folder and port.

    Attributes:
        url: its address.
        home: its data folder.
        admin_key: the administrator's key.
        environment: the environment variables of its process.
    """

    def __init__(
        self, home: Path, *, python_path: Path | None = None, python: Path | None = None, **settings: Any
    ) -> None:
        self.home = home
        self._python = str(python or sys.executable)
        home.parent.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_key = new_admin_key()
        home.mkdir(exist_ok=True)
        if not (home / "admin-key.sha256").exists():
            write_private(home / "admin-key.sha256", hash_key(self.admin_key))
        self.output: list[str] = []
        self.process: subprocess.Popen[str]
        settings.setdefault("plugins", json.dumps(NO_GUARD))
        self.environment = clean_environment(home, port=self.port, **settings)
        if python_path is not None:
            self.environment["PYTHONPATH"] = str(python_path)

    def start(self) -> LiveServer:
        """Start the process and wait until it answers."""
        self.process = subprocess.Popen(
            [self._python, "-m", "teammcp", "start"],
            env=self.environment,
            cwd=self.home.parent,  # not in the source, which would be imported instead of what is installed
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        started = threading.Event()
        threading.Thread(target=self._read_output, args=(self.process, started), daemon=True).start()
        if not started.wait(START_SECONDS) or self.process.poll() is not None:
            self.kill()
            raise AssertionError(f"the server did not start ({self.process.returncode}):\n" + "".join(self.output))
        return self

    def _read_output(self, process: subprocess.Popen[str], started: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.output.append(line)
                told = "TeamMCP is running at" if line.startswith("{") else "Stop the server with Ctrl-C"
                if told in line:  # the last line of what it says at start, as JSON or for people
                    started.set()
        started.set()

    def where(self, module: str) -> str:
        """The file of a module, as the process finds it."""
        code = f"import {module}; print({module}.__file__)"
        found = subprocess.run(
            [self._python, "-c", code],
            env=self.environment,
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout.strip()

    def stop(self) -> int:
        """Ask it to stop; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(15)

    def restart(self) -> LiveServer:
        """Stop and start it."""
        self.stop()
        return self.start()

    def register(self, name: str, **profile: Any) -> str:
        """Register a member; its key. The first one becomes the owner."""
        answer = httpx2.post(f"{self.url}/api/register", json={"name": name, **profile}, trust_env=False)
        assert answer.status_code == 200, answer.text
        key: str = answer.json()["apiKey"]
        return key

    def client(self, key: str | None = None, **options: Any) -> httpx2.Client:
        """An HTTP client of the server; close it, or use it in a ``with`` block."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx2.Client(base_url=self.url, headers=headers, trust_env=False, **options)

    def async_client(self, key: str | None = None, **options: Any) -> httpx2.AsyncClient:
        """The same for async tests."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, **options)
