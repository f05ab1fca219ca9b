"""``teammcp runner``: run the agents of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import platform
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click
import httpx2
from filelock import FileLock, Timeout

from teammcp import (
    ServerAddress,
    __version__,
    client_options,
    contributed,
    load_settings,
    private_folder,
    why_no_answer,
)

from . import enrolments, strays
from .enrolments import Enrolment
from .keepers import Keepers
from .process import STATUS, Refused, Runner

JOIN = "/hooks/claude_launcher/join"
STOP_SECONDS = 60.0
"""Seconds that a runner gets to end its programs."""
LOCK = "runner.lock"


@click.group()
def runner() -> None:
    """Run agents on this machine: for the server here, or for one elsewhere that it has joined."""


@runner.command()
def run() -> None:
    """Run the agents of all teams that this machine has joined, until Ctrl-C or 'teammcp runner stop'.

    Whatever a runner before has left running is ended first. If one runs already, nothing is done.
    """
    if sys.platform == "win32":
        raise click.ClickException("Agents' programs can be run on Linux or macOS.")
    folder = home()
    private_folder(folder)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        click.echo(f"A runner works in {folder} already.")
        return
    with lock:
        if not enrolments.Enrolments(folder).look():
            raise click.ClickException("This machine has joined no team. Make a token on the page Machines first.")
        _log_to_stderr()
        refused = asyncio.run(_run(folder))
    if refused:
        raise click.ClickException("\n".join(each.told for each in refused))


@runner.command()
@click.option("--url", required=True, help="The server's address.")
@click.option("--token", required=True, envvar="TEAMMCP_RUNNER_TOKEN", help="From the page Machines; it works once.")
@click.option("--name", help="What this machine is to be called. Default: the name of its host.")
@click.option("--no-run", is_flag=True, help="Only join; 'teammcp runner run' runs the agents.")
@click.pass_context
def join(context: click.Context, url: str, token: str, name: str | None, no_run: bool) -> None:
    """Add this machine to a team, and run the agents that the team gives it."""
    server = ServerAddress.parse(url, "--url")
    enrolment = _enrol(server.base, token, name or platform.node().partition(".")[0])
    enrolments.write(home(), enrolment)
    click.echo(f"This machine is '{enrolment.machine}' in the team '{enrolment.team}' at {enrolment.url}.")
    if not no_run:
        context.invoke(run)


@runner.command()
def stop() -> None:
    """End the runner, and with it all programs that it runs."""
    folder = home()
    state = _status(folder)
    if state is None:
        click.echo("No runner works here.")
        return
    os.kill(state["pid"], signal.SIGTERM)
    try:
        FileLock(folder / LOCK).acquire(timeout=STOP_SECONDS).lock.release()
    except Timeout:
        raise click.ClickException(f"The runner (process {state['pid']}) has not ended yet.") from None
    click.echo("The runner has ended.")


@runner.command()
def status() -> None:
    """Say whether a runner works here, for which teams, and what it runs."""
    state = _status(home())
    if state is None:
        click.echo("No runner works here.")
        sys.exit(1)
    click.echo(f"A runner works here: process {state['pid']}.")
    for seat in state["seats"].values():
        how = f"not connected: {seat['trouble']}" if seat["trouble"] else "connected"
        click.echo(
            f"  '{seat['machine']}' in the team '{seat['team']}' at {seat['url']}: {how}; {len(seat['runs'])} programs"
        )


def home() -> Path:
    """The runner's data folder."""
    return enrolments.runner_folder(load_settings().home)


def _status(folder: Path) -> dict[str, Any] | None:
    """What the runner that works in a folder has said last; None if none works there."""
    lock = FileLock(folder / LOCK)
    with contextlib.suppress(Timeout, OSError):
        lock.acquire(timeout=0)
        lock.release()
        return None
    for _ in range(50):  # it takes the lock first and writes this soon afterwards
        try:
            found: dict[str, Any] = json.loads((folder / STATUS).read_bytes())
        except (OSError, ValueError):
            time.sleep(0.1)
        else:
            return found
    raise click.ClickException(f"A runner is about to start, or to end, in {folder}. Try again in a moment.")


def _enrol(base: str, token: str, name: str) -> Enrolment:
    """Make this machine one of a team's.

    Raises:
        click.ClickException: the server says no, or there is none.
    """
    about = {"token": token, "name": name, "platform": platform.platform(), "version": __version__}
    try:
        answer = httpx2.post(f"{base}{JOIN}", json=about, timeout=30, **client_options(base))
    except httpx2.HTTPError as error:
        raise click.ClickException(f"No TeamMCP server answers at {base} ({why_no_answer(error)}).") from None
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code != 200 or not isinstance(said, dict):
        why = said.get("detail") if isinstance(said, dict) else None
        raise click.ClickException(
            why or f"The server answers {answer.status_code}. Is the launcher's plugin installed there?"
        )
    return Enrolment(url=base, team=said["team"], machine=said["machine"], key=said["key"])


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("websockets").setLevel(logging.WARNING)


async def _run(folder: Path) -> list[Refused]:
    """Run until told to stop, or until nobody needs it; the enrolments whose server would not have this runner."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    found = [runtime for _, runtimes in contributed("register_runtimes") for runtime in runtimes]
    working = Runner(folder, {runtime.name: runtime for runtime in found}, Keepers)
    async with strays.ended(lambda: working.is_idle), working:
        await working.run(stop)
    if working.trouble:
        raise click.ClickException(working.trouble)
    return [*working.refused.values()]
