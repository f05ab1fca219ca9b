"""The runner of the server's own machine: started once an agent there is to run, and never ended by the server.

It is a process of its own, in a session of its own, so that neither a restart of the server nor its end touches the
agents. One that runs already, of an earlier server, is found by its lock: a second one ends at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from teammcp import Context, Server, Service, StateKey, Team, hash_key, private_folder

from .. import homes
from ..runner import enrolments
from ..runner.enrolments import RUNNER_HOME, Enrolment
from ..runner.environment import KEPT
from ..settings import PLUGIN
from . import queries
from .connections import CHANGED, links
from .local import local_name
from .operations import enrol_local_machine

OWN = ("TEAMMCP_HOME", "TEAMMCP_CONFIG", "TEAMMCP_DISABLED_PLUGINS")
"""Variables that say which settings and plugins the server has, and so the runner."""
LOG = "runner.log"
LOG_BYTES = 1024 * 1024
"""A log that is larger when the runner is started is put aside."""
LOOK = 60.0
"""Seconds after which it is looked anew whether a runner is needed, though nothing has changed."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds until a runner that has not connected is started once more: at first, doubled each time, and at most."""

log = logging.getLogger(__name__)


def folder_of(server: Server) -> Path:
    """The data folder of the server's own runner."""
    return enrolments.runner_folder(server.settings.home)


def environment_of(server: Server, outer: Mapping[str, str]) -> dict[str, str]:
    """All that the runner is to have of the server's environment: nothing of the session in which that was started."""
    kept = {name: outer[name] for name in (*KEPT, *OWN) if name in outer}
    return {**kept, "TEAMMCP_HOME": str(server.settings.home.absolute()), RUNNER_HOME: str(folder_of(server))}


def start_process(folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start ``teammcp runner run`` apart from this process; what it says goes to its log.

    Raises:
        OSError: it cannot be started.
    """
    private_folder(folder)
    path = folder / LOG
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "teammcp", "runner", "run"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


Start = Callable[[Path, Mapping[str, str]], "subprocess.Popen[bytes]"]
START: StateKey[Start] = StateKey("claude_launcher.start_runner", lambda: start_process)
"""How it is started: tests have their own way."""


class LocalRunner:
    """Sees to it that the server's own runner runs when it is needed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._folder = folder_of(server)
        self._process: subprocess.Popen[bytes] | None = None
        self._wait = FIRST_WAIT
        self._next = 0.0

    async def keep(self) -> None:
        """Look whether it is needed, at every change, until cancelled."""
        changed = self._server.state[CHANGED]
        try:
            while True:
                changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self.look()):
                        await changed.wait()
        finally:
            if self._process is not None:
                self._process.returncode = 0  # it goes on without this process, which is no mistake

    async def look(self) -> float:
        """Enrol it in the teams that need it, and start it where it is not connected; seconds until the next look."""
        self._look_after()
        missing = [team for team in [*self._server.teams.values()] if await self._is_missing(team)]
        if not missing:
            self._wait, self._next = FIRST_WAIT, 0.0
            return LOOK
        now = asyncio.get_running_loop().time()
        if now < self._next:
            return self._next - now
        for team in missing:
            await self._enrol(team)
        await self._start()
        wait, self._wait = self._wait, min(2 * self._wait, LONGEST_WAIT)
        self._next = now + wait
        return wait

    def _look_after(self) -> None:
        """Take note that the process that was started has ended."""
        if self._process is None or (code := self._process.poll()) is None:
            return
        self._process = None
        if code != 0:
            log.warning("the runner of this machine has ended with %d; %s says why", code, self._folder / LOG)

    async def _is_missing(self, team: Team) -> bool:
        """Whether an agent of the team is to run here, and no runner is connected."""
        machine = local_name(self._server)
        return not links(team).is_connected(machine) and await team.database.read(homes.is_wanted, machine)

    async def _enrol(self, team: Team) -> None:
        """Give the runner a key of the team, unless it has one that works."""
        machine, url = local_name(self._server), self._url()
        row = await team.database.read(queries.machine, machine)
        known = enrolments.Enrolments(self._folder).look().get(f"{team.name}@local")
        key = None if known is None else known.key.get_secret_value()
        if key is None or row is None or row["revoked_at"] is not None or row["key_hash"] != hash_key(key):
            key = (await Context.inside(team).call(enrol_local_machine)).key
        wanted = Enrolment(url=url, team=team.name, machine=machine, key=key, local=True)
        if known != wanted:
            await asyncio.to_thread(enrolments.write, self._folder, wanted)

    def _url(self) -> str:
        """The server's address on this machine, whatever it is called elsewhere."""
        return self._server.settings.model_copy(update={"url": None}).public_url

    async def _start(self) -> None:
        if self._process is not None:
            return  # it is about to connect
        environment = environment_of(self._server, os.environ)
        self._process = await asyncio.to_thread(self._server.state[START], self._folder, environment)
        log.info("started the runner of this machine; its log is %s", self._folder / LOG)


async def keep(server: Server) -> None:
    """The service: nothing where the server is not to run agents by itself."""
    settings = server.plugins.settings[PLUGIN]
    if sys.platform == "win32" or not settings.local_runner:  # type: ignore[attr-defined]
        return
    await LocalRunner(server).keep()


SERVICES = [Service("claude_launcher.local_runner", keep)]
