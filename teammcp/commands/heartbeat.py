"""``teammcp heartbeat``: tell the team that an agent's program lives, for programs that do not tell it themselves."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

import click

from ..waking.life import Process
from .client import KEY, Refused, Unreachable, address, key_from, request, url_option

LOSSES = 3
"""Heartbeats in a row that may be lost before the agent is taken for dead."""
ANSWER_TIMEOUT = 5.0
"""Seconds that a heartbeat may take; the next one makes up for it."""
LOOK = 0.5
"""Seconds between two looks at what is watched."""
BY_SIGNAL = 128
"""What a shell adds to the number of the signal that has ended a command."""
STATUSES = ["online", "idle", "busy", "blocked", "waiting"]

Ended = Callable[[], str | None]
"""Why what is watched is no more; None as long as it is."""


@click.command()
@click.option("--interval", type=click.FloatRange(1, 3600), default=10, show_default=True, help="Seconds between two.")
@click.option("--status", type=click.Choice(STATUSES), help="What the agent does. Without it: what it says elsewhere.")
@click.option("--reason", default="", help="Why, in a few words; with --status.")
@click.option("--pid", type=click.IntRange(1), help="End with a good-bye when this process is gone.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@url_option
def heartbeat(
    interval: float, status: str | None, reason: str, pid: int | None, command: tuple[str, ...], url: str | None
) -> None:
    """Send heartbeats for the agent of TEAMMCP_KEY until this program is stopped; then say good-bye.

    '-- COMMAND …' runs a command, sends heartbeats as long as it lives, and ends with its exit code. A server that is
    away is waited for. Ends with 1 if the key is refused.
    """
    if pid is not None and command:
        raise click.UsageError("Give --pid or a command, not both.")
    if reason and status is None:
        raise click.UsageError("--reason says why --status is what it is: give both.")
    said = {} if status is None else {"status": status, "reason": reason}
    beats = Heartbeats(address(url), key_from(KEY), interval, said)
    if command:
        sys.exit(_beside(beats, command))
    ended = _never if pid is None else _watch(pid)
    stop = threading.Event()
    _on_signals(lambda number: stop.set())
    beats.send_until(ended, stop)


class Heartbeats:
    """Heartbeats of one agent, ``interval`` seconds apart.

    Args:
        base: the server's address.
        key: the agent's key.
        interval: seconds between two.
        said: the status and reason that each of them says, if any.
    """

    def __init__(self, base: str, key: str, interval: float, said: Mapping[str, str]) -> None:
        self._url, self._key, self._interval = f"{base}/api/heartbeat", key, interval
        self._body = {"ttl": round(LOSSES * interval), **said}
        self._answered = True

    def send_until(self, ended: Ended, stop: threading.Event) -> None:
        """Send them until ``stop`` is set, or what is watched has ended; then say good-bye.

        Raises:
            Refused: the server does not take them.
        """
        due = 0.0
        while (reason := ended()) is None and not stop.is_set():
            if time.monotonic() >= due:
                self.send()
                due = time.monotonic() + self._interval
            stop.wait(LOOK)
        self._say_good_bye(reason)

    def send(self) -> None:
        """Send one. That a server does not answer is told once, and so is its return.

        Raises:
            Refused: the server does not take it.
        """
        try:
            request("POST", self._url, self._key, self._body, timeout=ANSWER_TIMEOUT)
        except Unreachable as error:
            self._trouble(error.message)
        except Refused as error:
            if error.status >= 500 or error.status == 429:  # it passes
                self._trouble(error.message)
                return
            remedy = f" Set {KEY} to the agent's present key and start again." if error.status == 401 else ""
            raise Refused(error.message + remedy, error.status) from None
        else:
            if not self._answered:
                click.echo("The server answers again.", err=True)
            self._answered = True

    def _trouble(self, message: str) -> None:
        if self._answered:
            click.echo(f"{message} Trying again every {self._interval:g} s.", err=True)
        self._answered = False

    def _say_good_bye(self, reason: str | None) -> None:
        body: dict[str, Any] = {"status": "away"} if reason is None else {"status": "away", "reason": reason}
        try:
            request("POST", self._url, self._key, body, timeout=ANSWER_TIMEOUT)
        except (Unreachable, Refused) as error:
            click.echo(f"The good-bye was not heard: {error.message}", err=True)
        if reason is not None:
            click.echo(f"Said good-bye: {reason}.", err=True)


def _beside(beats: Heartbeats, command: Sequence[str]) -> int:
    """Run a command, and send heartbeats as long as it lives; its exit code."""
    signals: list[int] = []
    _on_signals(signals.append)
    beats.send()  # that the key is refused is told before anything is begun
    try:
        process = subprocess.Popen(command)  # noqa: S603 - it is what the caller wants to run
    except OSError as error:
        raise click.ClickException(f"{command[0]} cannot be started: {error.strerror}.") from error

    def ended() -> str | None:
        while signals:
            if (number := signals.pop(0)) != signal.SIGINT:  # a terminal sends that to the command, too
                process.send_signal(number)
        code = process.poll()
        return None if code is None else "its program has ended" + (f" with {code}" if code else "")

    try:
        beats.send_until(ended, threading.Event())
    except Refused as error:  # the command goes on without
        click.echo(f"Error: {error.message}", err=True)
    code = process.wait()
    return code if code >= 0 else BY_SIGNAL - code


def _on_signals(do: Callable[[int], object]) -> None:
    """Call ``do`` when somebody wants this program to end, so that there is time for a good-bye."""

    def handle(number: int, frame: FrameType | None) -> None:
        do(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)


def _never() -> str | None:
    return None


def _watch(pid: int) -> Ended:
    """What tells whether a process has ended.

    Raises:
        click.ClickException: there is none.
    """
    if sys.platform == "win32":  # where asking for a process ends it
        raise click.ClickException("--pid does not work on Windows. Let it start the program: '-- COMMAND …'.")
    process = Process.of(pid)
    if process is None:
        raise click.ClickException(f"--pid: there is no process {pid}.")
    return lambda: None if process.lives() else f"its program, process {pid}, has ended"
